//! The recorder that is local to the polls of a call.

use std::cell::RefCell;

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, LocalRecorderGuard, Metadata, Recorder, SharedString,
    Unit,
};

use crate::SharedRecorder;

thread_local! {
    /// The recorders of the calls that are polled on this thread, innermost last.
    ///
    /// A guard of `metrics` borrows its recorder, and a call cannot keep it between two hooks. So [`Innermost`]
    /// is the local recorder of all calls, and passes on to the last of this list.
    static ENTERED: RefCell<Vec<(SharedRecorder, LocalRecorderGuard<'static>)>> =
        const { RefCell::new(Vec::new()) };
}

/// Passes on to the recorder of the innermost call that is polled on this thread.
struct Innermost;

/// Makes `recorder` the local one of this thread, until [`exit`].
#[cold]
pub(super) fn enter(recorder: &SharedRecorder) {
    let guard = metrics::set_default_local_recorder(&Innermost);
    let entered = (recorder.clone(), guard);
    let _ = ENTERED.try_with(|all| {
        if let Ok(mut all) = all.try_borrow_mut() {
            all.push(entered);
        }
    });
}

/// Restores what was the local recorder before.
#[cold]
pub(super) fn exit() {
    let pop = |all: &RefCell<Vec<_>>| all.try_borrow_mut().ok()?.pop();
    // A recorder may be dropped with it, so the list is not borrowed.
    drop(ENTERED.try_with(pop));
}

/// Calls `work` with the innermost recorder, without borrowing the list: a recorder is foreign code.
fn innermost<R>(work: impl FnOnce(&SharedRecorder) -> R) -> Option<R> {
    let last = |all: &RefCell<Vec<(SharedRecorder, _)>>| {
        all.try_borrow()
            .ok()?
            .last()
            .map(|(recorder, _)| recorder.clone())
    };
    let recorder = ENTERED.try_with(last).ok().flatten();
    recorder.as_ref().map(work)
}

// === impl Innermost ===

impl Recorder for Innermost {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        innermost(|recorder| recorder.describe_counter(name, unit, description));
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        innermost(|recorder| recorder.describe_gauge(name, unit, description));
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, description: SharedString) {
        innermost(|recorder| recorder.describe_histogram(name, unit, description));
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        innermost(|recorder| recorder.register_counter(key, metadata)).unwrap_or(Counter::noop())
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        innermost(|recorder| recorder.register_gauge(key, metadata)).unwrap_or(Gauge::noop())
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        innermost(|recorder| recorder.register_histogram(key, metadata))
            .unwrap_or(Histogram::noop())
    }
}
