//! The filter, changed at run time, with other layers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_log::{FilterHandle, FlushGuard, Format, LogLayer};
use tracing::{Event, Subscriber, debug, info, trace};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::support::*;

/// Another layer, such as one for traces, which receives every event.
#[derive(Clone, Default)]
struct Other(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Other {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0
            .lock()
            .unwrap()
            .push(event.metadata().level().to_string());
    }
}

impl Other {
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn emit_events() {
    trace!("t");
    debug!("d");
    info!("i");
}

struct LogOutput {
    output: Output,
    guard: FlushGuard,
    read: usize,
}

impl LogOutput {
    /// Returns the levels of the entries since the last call.
    fn levels(&mut self) -> Vec<String> {
        assert!(self.guard.flush(TEST_TIMEOUT));
        let lines = self.output.lines();
        let new = lines[self.read..].iter().map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["level"].as_str().unwrap().to_owned()
        });
        let new = new.collect();
        self.read = lines.len();
        new
    }
}

macro_rules! log {
    () => {{
        let output = Output::default();
        let builder = LogLayer::builder()
            .format(Format::Json)
            .writer(output.clone());
        let log = builder.build_with(no_env).unwrap();
        let log_output = LogOutput {
            output,
            guard: log.flush_guard,
            read: 0,
        };
        (log.layer, log.filter_handle, log_output)
    }};
}

/// Asserts that the handle changes the log's filter and no other layer's.
fn changes(handle: &FilterHandle, mut log_output: LogOutput, other: &Other, others: &[&str]) {
    emit_events();
    assert_eq!(log_output.levels(), ["INFO"]);
    assert_eq!(other.seen(), others, "at first");
    handle.set("trace").unwrap();
    emit_events();
    assert_eq!(log_output.levels(), ["TRACE", "DEBUG", "INFO"]);
    assert_eq!(other.seen(), others, "with more of ours");
    handle.set("off").unwrap();
    emit_events();
    assert_eq!(log_output.levels(), [""; 0]);
    assert_eq!(other.seen(), others, "with none of ours");
    handle.set("off,it::filter_handle=debug").unwrap();
    emit_events();
    assert_eq!(log_output.levels(), ["DEBUG", "INFO"]);
    assert_eq!(other.seen(), others, "with ours by its target");
    assert!(handle.set("shop=loud").is_err());
    emit_events();
    assert_eq!(
        log_output.levels(),
        ["DEBUG", "INFO"],
        "nothing has changed"
    );
}

const ALL: [&str; 3] = ["TRACE", "DEBUG", "INFO"];

#[test]
fn filter_changes_below_unfiltered_layer() {
    let (layer, handle, log_output) = log!();
    let other = Other::default();
    let subscriber = tracing_subscriber::registry()
        .with(layer)
        .with(other.clone());
    gusset_testkit::with_subscriber(subscriber, || changes(&handle, log_output, &other, &ALL));
}

#[test]
fn filter_changes_above_unfiltered_layer() {
    let (layer, handle, log_output) = log!();
    let other = Other::default();
    let subscriber = tracing_subscriber::registry()
        .with(other.clone())
        .with(layer);
    gusset_testkit::with_subscriber(subscriber, || changes(&handle, log_output, &other, &ALL));
}

#[test]
fn filter_changes_below_filtered_layer() {
    let (layer, handle, log_output) = log!();
    let other = Other::default();
    let filtered = other.clone().with_filter(LevelFilter::DEBUG);
    let subscriber = tracing_subscriber::registry().with(layer).with(filtered);
    gusset_testkit::with_subscriber(subscriber, || {
        changes(&handle, log_output, &other, &ALL[1..]);
    });
}

#[test]
fn filter_changes_above_filtered_layer() {
    let (layer, handle, log_output) = log!();
    let other = Other::default();
    let filtered = other.clone().with_filter(LevelFilter::DEBUG);
    let subscriber = tracing_subscriber::registry().with(filtered).with(layer);
    gusset_testkit::with_subscriber(subscriber, || {
        changes(&handle, log_output, &other, &ALL[1..]);
    });
}

#[test]
fn temporary_filter_reverts_without_an_entry() {
    let (layer, handle, _) = log!();
    let _subscriber = tracing_subscriber::registry().with(layer);
    handle
        .set_temporarily("debug", Duration::from_millis(1))
        .unwrap();
    eventually(|| handle.filter() == "info");
}

#[test]
fn temporary_filter_reverts_to_first_one() {
    let (layer, handle, mut log_output) = log!();
    let subscriber = tracing_subscriber::registry().with(layer);
    gusset_testkit::with_subscriber(subscriber, || {
        handle
            .set_temporarily("trace", Duration::from_secs(3600))
            .unwrap();
        handle
            .set_temporarily("debug", Duration::from_millis(20))
            .unwrap();
        emit_events();
        assert!(!log_output.levels().contains(&"TRACE".to_owned()));
        // No event occurs in between: the writer's thread reverts the filter.
        eventually(|| handle.filter() == "info");
        // The cached interests of callsites change a moment later.
        eventually(|| {
            emit_events();
            log_output.levels() == ["INFO"]
        });
        handle
            .set_temporarily("trace", Duration::from_secs(3600))
            .unwrap();
        handle.revert();
        handle.revert();
        assert_eq!(handle.filter(), "info");
        handle.set_temporarily("trace", Duration::MAX).unwrap();
        assert_eq!(handle.filter(), "trace");
    });
}
