//! Panics of user code reach neither the code that logs nor the threads of the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gusset_data::{LogRecord, LogSink};
use gusset_log::Format;
use gusset_testkit::PanickingRecorder;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber, debug, info};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::support::*;

/// A sink that panics, and counts its calls.
struct PanickingSink {
    in_capacity: bool,
    calls: Arc<AtomicUsize>,
}

impl LogSink for PanickingSink {
    fn export(&self, _: LogRecord) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        panic!("on purpose");
    }

    fn has_capacity(&self) -> bool {
        self.calls.fetch_add(1, Ordering::SeqCst);
        assert!(!self.in_capacity, "on purpose");
        true
    }
}

#[test]
fn event_is_written_if_the_sink_panics() {
    for in_capacity in [false, true] {
        let calls = Arc::new(AtomicUsize::new(0));
        let sink = PanickingSink {
            in_capacity,
            calls: calls.clone(),
        };
        let lines = logged(builder(Format::Json).sink(sink), || {
            info!("first");
            info!("second");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(calls.load(Ordering::SeqCst) >= 2);
    }
}

#[test]
fn events_are_written_and_dropped_if_the_recorder_panics() {
    let recorder = PanickingRecorder::default();
    let builder = builder(Format::Json)
        .recorder(Arc::new(recorder.clone()))
        .rate_limit(std::num::NonZeroU32::MIN);
    let lines = logged(builder, || {
        recorder.start();
        for _ in 0..3 {
            info!("limited");
        }
        info!("other");
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
}

/// A layer whose answer for call sites panics on the writer's thread.
struct PanicsOnTheWriter(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for PanicsOnTheWriter {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        let thread = std::thread::current();
        if thread.name() == Some("gusset-log") {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic!("on purpose");
        }
        Interest::sometimes()
    }

    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {}
}

#[test]
fn entries_are_written_after_another_layer_panicked_on_the_thread_of_the_log() {
    let (output, panics) = (Output::default(), Arc::new(AtomicUsize::new(0)));
    let log = builder(Format::Json)
        .writer(output.clone())
        .build_with(no_env)
        .unwrap();
    let subscriber = tracing_subscriber::registry()
        .with(log.layer)
        .with(PanicsOnTheWriter(panics.clone()));
    gusset_testkit::with_subscriber(subscriber, || {
        debug!("not written");
        let time = std::time::Duration::ZERO;
        log.filter_handle.set_temporarily("debug", time).unwrap();
        // The writer's thread reverts the filter.
        eventually(|| panics.load(Ordering::SeqCst) > 0);
        info!("written");
    });
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    assert_eq!(output.lines().len(), 1);
}
