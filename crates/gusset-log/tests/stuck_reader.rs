//! The panic hook while the reader of the log is stuck. It is a program of its own, because a process has
//! one hook.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{self, Write};
use std::panic::{catch_unwind, set_hook};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use gusset_core::Clock;
use gusset_log::{Format, LogLayer, panics};
use tracing_subscriber::layer::SubscriberExt as _;

/// An output that waits until the channel is closed.
struct Stuck(Receiver<()>);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Panics while another panic unwinds, and catches it.
struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        assert!(catch_unwind(|| panic!("while unwinding")).is_err());
    }
}

#[test]
fn panics_wait_for_the_log_at_most_once() {
    // Without the message of the default hook.
    set_hook(Box::new(|_| {}));
    let (go, wait): (Sender<()>, _) = channel();
    let log = LogLayer::builder()
        .format(Format::Json)
        .writer(Stuck(wait))
        .build_with(|_| None)
        .unwrap();
    panics::install(&log.flush_guard);
    let clock = Clock::system();
    let started = clock.now();
    // Without a subscriber, so that no backtrace is formatted. The queue is not empty.
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, || tracing::info!("stuck"));
    for _ in 0..100 {
        assert!(catch_unwind(|| panic!("on purpose")).is_err());
    }
    for _ in 0..100 {
        let unwound = catch_unwind(|| {
            let _panics = PanicsInDrop;
            panic!("on purpose");
        });
        assert!(unwound.is_err());
    }
    // Three hundred waits of 100 ms would take half a minute.
    assert!(clock.now() - started < Duration::from_secs(5));
    drop(go);
    assert_eq!(log.flush_guard.shutdown(Duration::from_secs(30)), 0);
}
