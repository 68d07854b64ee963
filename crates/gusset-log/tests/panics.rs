//! The panic hook. It is a program of its own, because a process has one hook.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::panic::{catch_unwind, set_hook};
use std::sync::atomic::{AtomicUsize, Ordering};

use gusset_log::{Format, LogLayer, panics};
use gusset_testkit::SharedOutput;
use tracing_subscriber::layer::SubscriberExt as _;

#[test]
fn panic_is_logged_and_previous_hook_runs() {
    static PREVIOUS: AtomicUsize = AtomicUsize::new(0);
    set_hook(Box::new(|_| {
        PREVIOUS.fetch_add(1, Ordering::Relaxed);
    }));
    let output = SharedOutput::default();
    let log = LogLayer::builder()
        .format(Format::Json)
        .writer(output.clone())
        .build_with(|_| None)
        .unwrap();
    panics::install(&log.flush_guard);
    panics::install(&log.flush_guard);
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, || {
        assert!(catch_unwind(|| panic!("on\npurpose")).is_err());
    });
    // There is no flush here: the hook has flushed the entry.
    let text = output.text();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert_eq!(lines[0]["message"], "panicked: on\npurpose");
    assert_eq!(lines[0]["exception.message"], "on\npurpose");
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
    assert_eq!(PREVIOUS.load(Ordering::Relaxed), 1);
}
