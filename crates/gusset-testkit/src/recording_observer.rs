//! An observer that records calls.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gusset_core::{CallContext, CallObserver, End, Observer, Outcome, Protocol, Stage, StaticStr};

/// Records every call, and counts the calls in flight.
///
/// ```
/// use gusset_core::{ObserveLayer, RequestResponse};
/// use gusset_testkit::RecordingObserver;
///
/// let recorder = RecordingObserver::new();
/// let layer = ObserveLayer::<RequestResponse<u32, u32>, _>::new(recorder.clone());
/// assert_eq!(recorder.in_flight(), 0);
/// assert!(recorder.calls().is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct RecordingObserver(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    in_flight: usize,
    calls: Vec<RecordedCall>,
}

/// The record of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// The name of the end: `Complete`, `Upgraded`, `Failed`, `Cancelled` or `Panicked`.
    pub end: &'static str,
    /// How far the call had come, if it is not complete.
    pub stage: Option<Stage>,
    /// Whether the end came with trailers.
    pub trailers: bool,
    /// The outcome.
    pub outcome: Outcome,
    /// The status of the protocol.
    pub status: Option<&'static str>,
    /// `error.type`.
    pub error: Option<&'static str>,
    /// Bytes of the response body.
    pub bytes: u64,
    /// Time to the response headers.
    pub headers: Option<Duration>,
    /// Time to the first byte.
    pub first_byte: Option<Duration>,
    /// Time to the end.
    pub elapsed: Duration,
    /// How often `on_response` was called.
    pub responses: usize,
    /// How often `on_data` was called.
    pub chunks: usize,
}

/// The state of one call of a [`RecordingObserver`].
#[derive(Debug)]
pub struct RecordingObserverCall {
    shared: Arc<Shared>,
    responses: usize,
    chunks: usize,
}

// === impl RecordingObserver ===

impl RecordingObserver {
    /// Creates an observer without records.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of calls that have started and not ended.
    pub fn in_flight(&self) -> usize {
        self.0.lock().in_flight
    }

    /// Returns the calls that have ended, in the order of their ends.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.0.lock().calls.clone()
    }

    /// Blocks until `count` calls have ended, for 10 s at most, and returns the calls that have ended.
    /// Not for an async task on the thread that serves.
    pub fn wait_for(&self, count: usize) -> Vec<RecordedCall> {
        const WAIT_TIMEOUT: Duration = Duration::from_secs(10);
        let state = self.0.lock();
        let (state, _) = self
            .0
            .ended
            .wait_timeout_while(state, WAIT_TIMEOUT, |state| state.calls.len() < count)
            .unwrap_or_else(PoisonError::into_inner);
        state.calls.clone()
    }
}

impl<P: Protocol> Observer<P> for RecordingObserver {
    type Call = RecordingObserverCall;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> RecordingObserverCall {
        self.0.lock().in_flight += 1;
        RecordingObserverCall {
            shared: self.0.clone(),
            responses: 0,
            chunks: 0,
        }
    }
}

// === impl RecordingObserverCall ===

impl<P: Protocol> CallObserver<P> for RecordingObserverCall {
    fn on_response(&mut self, _: P::Response<'_>, _: &CallContext) {
        self.responses += 1;
    }

    fn on_data(&mut self, _: usize, _: &CallContext) {
        self.chunks += 1;
    }

    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        let name = match end {
            End::Complete(_) => "Complete",
            End::Upgraded => "Upgraded",
            End::Failed(..) => "Failed",
            End::Cancelled(_) => "Cancelled",
            End::Panicked(_) => "Panicked",
            _ => "unknown",
        };
        let call = RecordedCall {
            end: name,
            stage: end.stage(),
            trailers: matches!(end, End::Complete(Some(_))),
            outcome: cx
                .outcome()
                .expect("the driver classifies the call before its end"),
            status: cx.status().map(StaticStr::as_str),
            error: cx.error_type().map(StaticStr::as_str),
            bytes: cx.bytes(),
            headers: cx.time_to_headers(),
            first_byte: cx.time_to_first_byte(),
            elapsed: cx.elapsed(),
            responses: self.responses,
            chunks: self.chunks,
        };
        let mut state = self.shared.lock();
        state.in_flight -= 1;
        state.calls.push(call);
        self.shared.ended.notify_all();
    }
}

// === impl Shared ===

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
