//! An observer that keeps what it was told.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gusset_core::{CallContext, CallObserver, End, Observer, Outcome, Protocol, Stage, StaticStr};

/// An observer that keeps the facts of every call, and counts the calls under way.
///
/// ```
/// use gusset_core::{ObserveLayer, RequestResponse};
/// use gusset_testkit::RecordingObserver;
///
/// let witness = RecordingObserver::new();
/// let layer = ObserveLayer::<RequestResponse<u32, u32>, _>::new(witness.clone());
/// assert_eq!(witness.in_flight(), 0);
/// assert!(witness.facts().is_empty());
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
    facts: Vec<RecordedCall>,
}

/// What was told of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// The end's name: `Complete`, `Upgraded`, `Failed`, `Cancelled` or `Panicked`.
    pub end: &'static str,
    /// How far the call had come, if it is not complete.
    pub stage: Option<Stage>,
    /// Whether the end came with trailers.
    pub trailers: bool,
    /// What the end is called.
    pub outcome: Outcome,
    /// The protocol's own status.
    pub status: Option<&'static str>,
    /// `error.type`.
    pub error: Option<&'static str>,
    /// Bytes of the response's body.
    pub bytes: u64,
    /// Time to the head.
    pub head: Option<Duration>,
    /// Time to the first byte.
    pub first_byte: Option<Duration>,
    /// Time to the end.
    pub elapsed: Duration,
    /// How often `on_response` was called.
    pub responses: usize,
    /// How often `on_data` was called.
    pub pieces: usize,
}

/// The call of a [`RecordingObserver`].
#[derive(Debug)]
pub struct RecordingObserverCall {
    shared: Arc<Shared>,
    responses: usize,
    pieces: usize,
}

// === impl RecordingObserver ===

impl RecordingObserver {
    /// A witness of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The calls that have started and not ended.
    pub fn in_flight(&self) -> usize {
        self.0.lock().in_flight
    }

    /// The facts of the calls that have ended, in the order of their ends.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.0.lock().facts.clone()
    }

    /// Blocks until `count` calls have ended, and gives their facts; what has ended by then if they
    /// have not within ten seconds. Not for an async task on the thread that serves.
    pub fn wait_for(&self, count: usize) -> Vec<RecordedCall> {
        const PATIENCE: Duration = Duration::from_secs(10);
        let state = self.0.lock();
        let (state, _) = self
            .0
            .ended
            .wait_timeout_while(state, PATIENCE, |state| state.facts.len() < count)
            .unwrap_or_else(PoisonError::into_inner);
        state.facts.clone()
    }
}

impl<P: Protocol> Observer<P> for RecordingObserver {
    type Call = RecordingObserverCall;

    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> RecordingObserverCall {
        self.0.lock().in_flight += 1;
        RecordingObserverCall {
            shared: self.0.clone(),
            responses: 0,
            pieces: 0,
        }
    }
}

// === impl RecordingObserverCall ===

impl<P: Protocol> CallObserver<P> for RecordingObserverCall {
    fn on_response(&mut self, _: P::Response<'_>, _: &CallContext) {
        self.responses += 1;
    }

    fn on_data(&mut self, _: usize, _: &CallContext) {
        self.pieces += 1;
    }

    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        let name = match end {
            End::Complete(_) => "Complete",
            End::Upgraded => "Upgraded",
            End::Failed(..) => "Failed",
            End::Cancelled(_) => "Cancelled",
            End::Panicked(_) => "Panicked",
            _ => "new to the witness",
        };
        let fact = RecordedCall {
            end: name,
            stage: end.stage(),
            trailers: matches!(end, End::Complete(Some(_))),
            outcome: cx
                .outcome()
                .expect("the driver judges before it tells of the end"),
            status: cx.status().map(StaticStr::as_str),
            error: cx.error_type().map(StaticStr::as_str),
            bytes: cx.bytes(),
            head: cx.time_to_headers(),
            first_byte: cx.time_to_first_byte(),
            elapsed: cx.elapsed(),
            responses: self.responses,
            pieces: self.pieces,
        };
        let mut state = self.shared.lock();
        state.in_flight -= 1;
        state.facts.push(fact);
        self.shared.ended.notify_all();
    }
}

// === impl Shared ===

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
