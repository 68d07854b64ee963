//! Panics of the process: a program of its own, since there is one hook for all.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{self, Write};
use std::panic::{catch_unwind, set_hook};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use gusset_log::{Format, LogLayer, panics};
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_panic_is_one_line_with_its_backtrace_and_the_former_hook_is_called() {
    static FORMER: AtomicUsize = AtomicUsize::new(0);
    set_hook(Box::new(|_| {
        FORMER.fetch_add(1, Ordering::Relaxed);
    }));
    let pages = Pages::default();
    let log = LogLayer::builder()
        .format(Format::Json)
        .writer(pages.clone())
        .build_with(|_| None)
        .unwrap();
    panics::install(&log.flush_guard);
    panics::install(&log.flush_guard);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, || {
        assert!(catch_unwind(|| panic!("on\npurpose")).is_err());
    });
    // No flush: the hook has seen to it.
    let text = String::from_utf8(pages.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert_eq!(lines[0]["message"], "panicked: on\npurpose");
    assert_eq!(lines[0]["target"], "gusset::panic");
    assert_eq!(lines[0]["level"], "ERROR");
    assert!(
        lines[0]["code.file.path"]
            .as_str()
            .unwrap()
            .ends_with("panics.rs")
    );
    assert!(
        lines[0]["exception.stacktrace"]
            .as_str()
            .unwrap()
            .contains('\n')
    );
    assert_eq!(FORMER.load(Ordering::Relaxed), 1);
}
