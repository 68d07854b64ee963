//! The panic hook that replaces the previous one. It is a program of its own, because a process has one hook.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io;
use std::panic::{catch_unwind, set_hook};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gusset_log::{Format, LogLayer, panics};
use tracing_subscriber::layer::SubscriberExt as _;

/// The calls of the hook that was there before. The default one would write to standard error here.
static PREVIOUS: AtomicUsize = AtomicUsize::new(0);

fn panic() {
    assert!(catch_unwind(|| panic!("on purpose")).is_err());
}

#[test]
fn previous_hook_is_called_only_for_panics_that_are_not_logged() {
    set_hook(Box::new(|_| {
        PREVIOUS.fetch_add(1, Ordering::Relaxed);
    }));
    let log = LogLayer::builder()
        .format(Format::Json)
        .writer(io::sink())
        .build_with(|_| None)
        .unwrap();
    panics::replace(&log.flush_guard);
    panics::install(&log.flush_guard);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, || {
        panic();
        panic();
    });
    assert_eq!(PREVIOUS.load(Ordering::Relaxed), 0);
    // Without a subscriber, nothing else would report it.
    panic();
    assert_eq!(PREVIOUS.load(Ordering::Relaxed), 1);
    assert_eq!(log.flush_guard.shutdown(Duration::from_secs(30)), 0);
}
