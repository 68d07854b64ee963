//! The tracker of one call, which ends every call exactly once.

use std::fmt;

use crate::active_call::ActiveCall;
use crate::call_state::CallState;
use crate::contained_classifier::ContainedClassifier;
use crate::current::Frame;
use crate::field::{CallExtras, hook_fields};
use crate::identity::{ObserverSet, RequestKey};
use crate::poll_guard::PollGuard;
use crate::{
    CallContext, CallObserver, Clock, End, ErrorStatuses, Observer, Protocol, ResponseKind,
};

/// Tracks one call from its start to its one end.
///
/// The driver moves it into the response future, and a protocol's
/// [`ProtocolResponse`](crate::ProtocolResponse) into the response body. Its owner reports what
/// happens; its `Drop` reports the end that was not reported. A call that is dropped while it is
/// polled has panicked. One that was delivered is complete. Any other was cancelled. After the end,
/// every method does nothing.
///
/// ```
/// use gusset_core::{Clock, End, CallTracker, RequestResponse};
///
/// // What a protocol does; `()` stands for an observer.
/// let mut track = CallTracker::<RequestResponse<u32, &str>, ()>::start(&(), &7, Clock::system());
/// let answer = track.in_scope(|| "seven");
/// track.on_response(&answer);
/// track.on_data(answer.len());
/// track.mark_delivered();
/// assert!(track.is_active());
/// track.end(End::Complete(None));
/// assert!(!track.is_active());
/// ```
///
/// Costs no allocation and three or four clock readings: start, response headers, first byte, end.
//
// The bounds are on the struct because `Drop` needs them.
pub struct CallTracker<P: Protocol, C: CallObserver<P>> {
    active: Option<ActiveCall<P, C>>,
}

// === impl CallTracker ===

impl<P: Protocol, C: CallObserver<P>> CallTracker<P, C> {
    /// Starts a call: `observer` receives its start, and through this tracker its end.
    #[inline]
    pub fn start<O>(observer: &O, req: P::Request<'_>, clock: Clock) -> Self
    where
        O: Observer<P, Call = C>,
    {
        let mut cx = CallContext::start(&clock);
        let call = observer.start(req, &mut cx);
        Self::resume(
            call,
            req,
            cx,
            None,
            CallState::new(ObserverSet::EMPTY),
            None,
            clock,
        )
    }

    /// Starts a call in a layer: as [`start`](Self::start), but observers that observe this request
    /// already, in a layer further out, do not start again. `start` returns `None` if all of them do.
    #[inline]
    pub(crate) fn start_in_layer(
        start: impl FnOnce(&mut CallContext) -> Option<C>,
        observers: ObserverSet,
        req: P::Request<'_>,
        key: RequestKey,
        error_statuses: Option<ErrorStatuses>,
        clock: Clock,
    ) -> Self {
        let outer = Frame::current();
        let mut frame = Frame {
            request: Some(key),
            observers,
            is_client: P::IS_CLIENT,
        };
        let mut shares_fields = false;
        let mut cx = CallContext::start(&clock);
        if !outer.observers.is_empty() {
            let common = outer.observers.intersection(observers);
            let is_same = outer.request == Some(key)
                || (!common.is_empty() && outer.request.is_some_and(|key| P::has_key(req, key)));
            if is_same {
                shares_fields = outer.is_client == P::IS_CLIENT;
                frame.observers = outer.observers.union(observers);
                cx.set_observed(common);
            }
        }
        let Some(call) = start(&mut cx) else {
            return Self::disabled();
        };
        let mut state = CallState::new(frame.observers);
        if shares_fields {
            state.set_shares_fields();
        }
        Self::resume(call, req, cx, frame.request, state, error_statuses, clock)
    }

    /// Tracks the call of a permit, which was started elsewhere. Own fields are those of the call around it.
    #[inline]
    pub(crate) fn resume_permit(
        call: C,
        req: P::Request<'_>,
        cx: CallContext,
        error_statuses: Option<ErrorStatuses>,
        clock: Clock,
    ) -> Self {
        let mut state = CallState::new(ObserverSet::EMPTY);
        state.set_shares_fields();
        Self::resume(call, req, cx, None, state, error_statuses, clock)
    }

    /// Tracks a call that was started.
    #[inline]
    fn resume(
        call: C,
        req: P::Request<'_>,
        cx: CallContext,
        request: Option<RequestKey>,
        state: CallState,
        error_statuses: Option<ErrorStatuses>,
        clock: Clock,
    ) -> Self {
        let fields = match cx.has_fields() {
            true => hook_fields::take(),
            false => None,
        };
        Self {
            active: Some(ActiveCall {
                call,
                timings: cx.into_timings(),
                state,
                request,
                classify: ContainedClassifier::start::<P>(req, error_statuses),
                extras: CallExtras::new(clock, fields),
            }),
        }
    }

    /// Returns a tracker without a call, for a response that is not observed.
    pub const fn disabled() -> Self {
        Self { active: None }
    }

    /// Returns whether the call has not ended.
    #[inline]
    pub fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Returns the guard of one poll of the body.
    ///
    /// ```
    /// # use gusset_core::{Clock, CallTracker, RequestResponse};
    /// # let mut track = CallTracker::<RequestResponse<u32, &str>, ()>::start(&(), &7, Clock::system());
    /// # fn poll_frame() {}
    /// let mut poll = track.poll_guard();
    /// poll.enter();
    /// let polled = poll_frame();
    /// poll.exit();
    /// ```
    #[inline]
    pub fn poll_guard(&mut self) -> PollGuard<'_, P, C> {
        PollGuard::new(self.active.as_mut())
    }

    /// Runs one poll with a [`poll_guard`](Self::poll_guard), for callers that poll something small. If it unwinds,
    /// the call has panicked.
    #[inline]
    pub fn in_scope<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        let mut guard = self.poll_guard();
        guard.enter();
        let polled = poll();
        guard.exit();
        polled
    }

    /// Clears the request key. A request of a protocol without keys counts as the same only while the
    /// service is called; later polls may handle other requests.
    #[inline]
    pub(crate) fn forget_request(&mut self) {
        if let Some(active) = &mut self.active {
            active.request = None;
        }
    }

    /// Reports the response headers, and returns what follows them.
    #[inline]
    pub fn on_response(&mut self, res: P::Response<'_>) -> ResponseKind {
        let Some(active) = &mut self.active else {
            return ResponseKind::Body;
        };
        let response_kind = active.classify.on_response::<P>(res);
        active.timings.record_headers(active.extras.clock());
        active.state.set_response_kind(response_kind);
        active.state.set_clock_is_fresh();
        let cx = CallContext::new(active.timings, Some(response_kind))
            .with_span_ids(active.call.span_ids())
            .with_fields(active.extras.fields().is_some());
        let _hook = active.extras.fields().map(hook_fields::enter);
        active.call.on_response(res, &cx);
        response_kind
    }

    /// Reports a chunk of the body, of `len` bytes.
    #[inline]
    pub fn on_data(&mut self, len: usize) {
        if let Some(active) = &mut self.active {
            if active.timings.record_data(len, active.extras.clock()) {
                active.state.set_clock_is_fresh();
            }
            let cx = CallContext::new(active.timings, active.state.response_kind())
                .with_span_ids(active.call.span_ids());
            active.call.on_data(len, &cx);
        }
    }

    /// Reports that the declared length has been sent: from now on, a drop is a completion.
    ///
    /// hyper stops polling a body once its `content-length` is sent, and drops it. Does nothing if the
    /// protocol needs trailers to classify the call.
    #[inline]
    pub fn mark_delivered(&mut self) {
        if let Some(active) = &mut self.active {
            if !active.classify.needs_trailers::<P>() {
                active.state.set_delivered();
            }
        }
    }

    /// Supplies the end that was not reported.
    fn end_on_drop(&mut self) {
        if let Some(mut active) = self.active.take() {
            // Any clock reading was made in an earlier poll.
            active.state.clear_clock_is_fresh();
            let end = if active.state.is_polling() {
                End::Panicked(active.timings.stage())
            } else if active.state.is_delivered() {
                End::Complete(None)
            } else {
                End::Cancelled(active.timings.stage())
            };
            active.end(end);
        }
    }

    /// Ends the call. The first end counts.
    #[inline]
    pub fn end(&mut self, end: End<'_, P>) {
        if let Some(active) = self.active.take() {
            active.end(end);
        }
    }
}

impl<P: Protocol, C: CallObserver<P>> Drop for CallTracker<P, C> {
    #[inline]
    fn drop(&mut self) {
        // Most trackers have ended or moved to a body: checked before anything is moved.
        if self.active.is_some() {
            self.end_on_drop();
        }
    }
}

impl<P: Protocol, C: CallObserver<P>> Default for CallTracker<P, C> {
    fn default() -> Self {
        Self::disabled()
    }
}

impl<P: Protocol, C: CallObserver<P>> fmt::Debug for CallTracker<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = self.active.as_ref().map(|active| active.timings.stage());
        f.debug_struct("CallTracker")
            .field("stage", &stage)
            .finish_non_exhaustive()
    }
}
