//! The tracker of one call, which ends every call exactly once.

use std::fmt;

use crate::call_state::CallState;
use crate::contained_classifier::ContainedClassifier;
use crate::context::CallTimings;
use crate::current::{Frame, FrameGuard};
use crate::field::{CallExtras, FieldGuard, hook_fields, take_unwound};
use crate::identity::{ObserverSet, RequestKey};
use crate::start_once::start_once;
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

struct ActiveCall<P: Protocol, C> {
    call: C,
    timings: CallTimings,
    state: CallState,
    classify: ContainedClassifier<P::Classify>,
    request: Option<RequestKey>,
    /// The fields of them belong to the thread while the call is polled.
    extras: CallExtras,
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
    /// already, in a layer further out, do not start again.
    #[inline]
    pub(crate) fn start_in_layer<O>(
        observer: &O,
        observers: ObserverSet,
        req: P::Request<'_>,
        key: RequestKey,
        error_statuses: Option<ErrorStatuses>,
        clock: Clock,
    ) -> Self
    where
        O: Observer<P, Call = C>,
    {
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
        let Some(call) = start_once(observer, req, &mut cx) else {
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

    /// Makes the own fields of the call ([`field`](crate::field)) current, for a poll of the service or of its body.
    /// After the poll, [`leave_fields`](Self::leave_fields) keeps what was set.
    ///
    /// It is not a part of [`in_scope`](Self::in_scope), because what is left to do after a poll there makes the
    /// compiler move what the poll returns, at a cost of some 200 instructions.
    #[inline]
    pub fn enter_fields(&self) -> Option<FieldGuard> {
        let active = self.active.as_ref()?;
        let shares_fields = active.state.shares_fields();
        let call = std::ptr::from_ref(active).addr();
        Some(FieldGuard::enter(
            active.extras.fields(),
            shares_fields,
            call,
        ))
    }

    /// Leaves the scope of [`enter_fields`](Self::enter_fields).
    #[inline]
    pub fn leave_fields(&mut self, entered: Option<FieldGuard>) {
        if let (Some(active), Some(entered)) = (&mut self.active, entered) {
            entered.leave(&mut active.extras);
        }
    }

    /// Runs one poll of the service or of its body, inside the scope of the call. If it unwinds, the
    /// call has panicked.
    #[inline]
    pub fn in_scope<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        let Some(active) = &mut self.active else {
            return poll();
        };
        active.state.enter_poll();
        // A closure on each branch: without span ids nothing is left to do after the poll, so that what it
        // returns is not moved.
        let polled = match active.call.span_ids() {
            Some(ids) => ids.scope(|| active.call.scope(poll)),
            None => active.call.scope(poll),
        };
        active.state.leave_poll();
        polled
    }

    /// Makes the request and its observers current, for a poll of the service: in it, the request may
    /// reach another layer. A body is polled without this, because the request is gone by then.
    #[inline]
    pub(crate) fn enter_frame(&self) -> Option<FrameGuard> {
        let active = self.active.as_ref()?;
        let observers = active.state.observers();
        let request = active.request;
        let frame = Frame {
            request,
            observers,
            is_client: P::IS_CLIENT,
        };
        (!observers.is_empty()).then(|| frame.enter())
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
        let call = self
            .active
            .as_ref()
            .map(|active| std::ptr::from_ref(active).addr());
        if let Some(mut active) = self.active.take() {
            // Any clock reading was made in an earlier poll.
            active.state.clear_clock_is_fresh();
            let end = if active.state.is_polling() {
                if let Some(fields) = call.and_then(take_unwound) {
                    active.extras.set_fields(Some(fields));
                }
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

// === impl ActiveCall ===

impl<P: Protocol, C: CallObserver<P>> ActiveCall<P, C> {
    #[inline]
    fn end(self, end: End<'_, P>) {
        let Self {
            call,
            timings,
            state,
            request: _,
            classify,
            extras,
        } = self;
        let clock = (!state.clock_is_fresh()).then(|| extras.clock());
        let classification = classify.on_end(&end);
        let cx = CallContext::at_end(timings, state.response_kind(), clock, classification)
            .with_span_ids(call.span_ids())
            .with_fields(extras.fields().is_some());
        let _hook = extras.fields().map(hook_fields::enter);
        call.on_end(end, &cx);
    }
}
