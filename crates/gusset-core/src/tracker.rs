//! The track of one call: where every start gets its end.

use std::fmt;

use crate::context::CallTimings;
use crate::current::Frame;
use crate::identity::{ObserverSet, RequestKey};
use crate::{CallContext, CallObserver, Classify, Clock, End, Observer, Protocol, ResponseKind};

/// The track of one call, from its start to its one end.
///
/// The driver gives it to the response's future, and a protocol's [`ProtocolResponse`](crate::ProtocolResponse) to
/// the response's body. Whoever owns it reports what happens; what nobody reports, its `Drop` does:
/// a call that is dropped while it was being polled has panicked, one whose response was delivered is
/// complete, any other was abandoned. After the end every method does nothing.
///
/// ```
/// use gusset_core::{Clock, End, CallTracker, RequestResponse};
///
/// // As a protocol does it; `()` stands for an observer.
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
/// Costs no allocation and three or four reads of the clock: start, head, first byte, end.
//
// The bounds stand on the struct because `Drop` has to have them.
pub struct CallTracker<P: Protocol, C: CallObserver<P>> {
    active: Option<ActiveCall<P, C>>,
}

struct ActiveCall<P: Protocol, C> {
    call: C,
    timings: CallTimings,
    observers: ObserverSet,
    clock: Clock,
    classify: P::Classify,
    request: Option<RequestKey>,
    response_kind: Option<ResponseKind>,
    /// A poll was entered and not left. Asked instead of `thread::panicking`, which is also true
    /// for a healthy call that is dropped by somebody else's panic.
    polling: bool,
    /// All that is owed has been handed out; a drop is the end, not a departure.
    delivered: bool,
    /// The clock was read since the last poll began.
    clock_is_fresh: bool,
}

// === impl CallTracker ===

impl<P: Protocol, C: CallObserver<P>> CallTracker<P, C> {
    /// A call begins: `observer` hears its start, and through this track its end.
    #[inline]
    pub fn start<O>(observer: &O, req: P::Request<'_>, clock: Clock) -> Self
    where
        O: Observer<P, Call = C>,
    {
        let mut cx = CallContext::start(&clock);
        let call = observer.start(req, &mut cx);
        Self::resume(call, req, cx, Frame::NONE, clock)
    }

    /// Starts a call in a layer: as [`start`](Self::start), but observers that observe this request
    /// already, in a layer further out, do not start again.
    #[inline]
    pub(crate) fn start_in_layer<O>(
        observer: &O,
        observers: ObserverSet,
        req: P::Request<'_>,
        key: RequestKey,
        clock: Clock,
    ) -> Self
    where
        O: Observer<P, Call = C>,
    {
        let outer = Frame::current();
        let mut frame = Frame {
            request: Some(key),
            observers,
        };
        let mut cx = CallContext::start(&clock);
        if !outer.observers.is_empty() {
            let common = outer.observers.intersection(observers);
            let is_same = outer.request == Some(key)
                || (!common.is_empty() && outer.request.is_some_and(|key| P::has_key(req, key)));
            if is_same {
                frame.observers = outer.observers.union(observers);
                cx.set_observed(common);
            }
        }
        match cx.start_once(observer, req) {
            Some(call) => Self::resume(call, req, cx, frame, clock),
            None => Self::disabled(),
        }
    }

    /// Tracks a call that was started elsewhere: that of a permit.
    #[inline]
    pub(crate) fn resume(
        call: C,
        req: P::Request<'_>,
        cx: CallContext,
        frame: Frame,
        clock: Clock,
    ) -> Self {
        Self {
            active: Some(ActiveCall {
                call,
                timings: cx.into_timings(),
                observers: frame.observers,
                request: frame.request,
                clock,
                classify: P::Classify::start(req),
                response_kind: None,
                polling: false,
                delivered: false,
                clock_is_fresh: false,
            }),
        }
    }

    /// A track with no call on it, for a response that nobody observes.
    pub const fn disabled() -> Self {
        Self { active: None }
    }

    /// Whether the end is still to come.
    #[inline]
    pub fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Runs one poll of the service or of its body, inside the scope of the call. If it unwinds,
    /// the call has panicked.
    #[inline]
    pub fn in_scope<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        let Some(active) = &mut self.active else {
            return poll();
        };
        active.clock_is_fresh = false;
        active.polling = true;
        let frame = Frame {
            request: active.request,
            observers: active.observers,
        };
        let polled = if frame == Frame::NONE {
            active.call.scope(poll)
        } else {
            let span_ids = active.call.span_ids();
            frame.scope(span_ids, || active.call.scope(poll))
        };
        active.polling = false;
        polled
    }

    /// Forgets which request it is: one without a key of its own is taken for the same only while
    /// the service is called, and not in later polls, which may handle other requests.
    #[inline]
    pub(crate) fn forget_request(&mut self) {
        if let Some(active) = &mut self.active {
            active.request = None;
        }
    }

    /// The service has answered. Says what is to come after the head.
    #[inline]
    pub fn on_response(&mut self, res: P::Response<'_>) -> ResponseKind {
        let Some(active) = &mut self.active else {
            return ResponseKind::Body;
        };
        let response_kind = active.classify.on_response(res);
        active.timings.record_headers(&active.clock);
        active.response_kind = Some(response_kind);
        active.clock_is_fresh = true;
        let cx = CallContext::new(active.timings, active.response_kind)
            .with_span_ids(active.call.span_ids());
        active.call.on_response(res, &cx);
        response_kind
    }

    /// A piece of the body is handed out.
    #[inline]
    pub fn on_data(&mut self, len: usize) {
        if let Some(active) = &mut self.active {
            active.clock_is_fresh |= active.timings.record_data(len, &active.clock);
            let cx = CallContext::new(active.timings, active.response_kind)
                .with_span_ids(active.call.span_ids());
            active.call.on_data(len, &cx);
        }
    }

    /// All that is owed has been handed out: from now on a drop is the end and not a departure.
    ///
    /// hyper stops polling a body whose `content-length` is paid, and drops it. Does nothing where the
    /// protocol needs trailers to know what became of the call.
    #[inline]
    pub fn mark_delivered(&mut self) {
        if let Some(active) = &mut self.active {
            active.delivered = !active.classify.needs_trailers();
        }
    }

    /// Supplies the end that nobody reported.
    fn leave(&mut self) {
        if let Some(mut active) = self.active.take() {
            // Whatever was read, was read in an earlier poll.
            active.clock_is_fresh = false;
            let end = if active.polling {
                End::Panicked(active.timings.stage())
            } else if active.delivered {
                End::Complete(None)
            } else {
                End::Cancelled(active.timings.stage())
            };
            active.end(end);
        }
    }

    /// The call has ended. The first end counts.
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
        // Most tracks have ended, or gone over to a body: they are not moved to find that out.
        if self.active.is_some() {
            self.leave();
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
            observers: _,
            request: _,
            clock,
            classify,
            response_kind,
            clock_is_fresh,
            polling: _,
            delivered: _,
        } = self;
        let clock = (!clock_is_fresh).then_some(&clock);
        let cx = CallContext::at_end(timings, response_kind, clock, classify.on_end(&end))
            .with_span_ids(call.span_ids());
        call.on_end(end, &cx);
    }
}
