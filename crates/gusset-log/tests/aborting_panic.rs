//! Panics that abort the process although panics unwind. It is a program of its own, which starts itself
//! again, because the process that panics ends.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{self, Write};
use std::panic::set_hook;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use gusset_log::{Format, LogLayer, panics};
use tracing_subscriber::layer::SubscriberExt as _;

/// Selects what the started process does.
const CHILD: &str = "GUSSET_TEST_ABORTING_PANIC";

/// Standard output, behind a reader that is slow: slower than the first panic waits.
struct Slow;

impl Write for Slow {
    #[allow(
        clippy::disallowed_methods,
        reason = "an output that takes its time, on the thread of the writer"
    )]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        thread::sleep(Duration::from_millis(120));
        io::stdout().write_all(bytes)?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("while unwinding");
    }
}

extern "C" fn cannot_unwind() {
    panic!("in a callback");
}

fn child(how: &str) {
    set_hook(Box::new(|_| {}));
    let log = LogLayer::builder()
        .format(Format::Json)
        .writer(Slow)
        .build_with(|_| None)
        .unwrap();
    panics::install(&log.flush_guard);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, || match how {
        "destructor" => {
            let _panics = PanicsInDrop;
            panic!("on purpose");
        }
        _ => cannot_unwind(),
    });
}

/// Runs this test again in a process of its own.
fn start(test: &str, how: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, how);
    command.output().unwrap()
}

fn assert_logged(test: &str, how: &str, texts: &[&str]) {
    if let Ok(how) = std::env::var(CHILD) {
        return child(&how);
    }
    let output = start(test, how);
    assert!(!output.status.success(), "it aborts");
    let lines = String::from_utf8_lossy(&output.stdout);
    for text in texts {
        let field = format!(r#""exception.message":"{text}""#);
        assert!(lines.contains(&field), "{text}: {lines}");
    }
}

#[test]
fn panic_in_a_destructor_during_unwinding_is_logged() {
    assert_logged(
        "panic_in_a_destructor_during_unwinding_is_logged",
        "destructor",
        &[
            "on purpose",
            "while unwinding",
            "panic in a destructor during cleanup",
        ],
    );
}

#[test]
fn panic_in_a_function_that_cannot_unwind_is_logged() {
    assert_logged(
        "panic_in_a_function_that_cannot_unwind_is_logged",
        "callback",
        &["in a callback", "panic in a function that cannot unwind"],
    );
}
