//! The track of one call: where every start gets its end.

use std::fmt;

use crate::cx::Facts;
use crate::{Call, Classify, Clock, Cx, Delivery, End, Observer, Protocol};

/// The track of one call, from its start to its one end.
///
/// The driver gives it to the response's future, and a protocol's [`Deliver`](crate::Deliver) to
/// the response's body. Whoever owns it reports what happens; what nobody reports, its `Drop` does:
/// a call that is dropped while it was being polled has panicked, one whose response was settled is
/// complete, any other was abandoned. After the end every method does nothing.
///
/// ```
/// use gusset_core::{Clock, End, Track, Unary};
///
/// // As a protocol does it; `()` stands for an observer.
/// let mut track = Track::<Unary<u32, &str>, ()>::start(&(), &7, Clock::system());
/// let answer = track.scope(|| "seven");
/// track.respond(&answer);
/// track.data(answer.len());
/// track.settle();
/// assert!(track.is_live());
/// track.end(End::Complete(None));
/// assert!(!track.is_live());
/// ```
///
/// Costs no allocation and three or four reads of the clock: start, head, first byte, end.
//
// The bounds stand on the struct because `Drop` has to have them.
pub struct Track<P: Protocol, C: Call<P>> {
    live: Option<Live<P, C>>,
}

struct Live<P: Protocol, C> {
    call: C,
    facts: Facts,
    clock: Clock,
    classify: P::Classify,
    delivery: Option<Delivery>,
    /// A poll was entered and not left. Asked instead of `thread::panicking`, which is also true
    /// for a healthy call that is dropped by somebody else's panic.
    polling: bool,
    /// All that is owed has been handed out; a drop is the end, not a departure.
    settled: bool,
    /// The clock was read since the last poll began.
    fresh: bool,
}

// === impl Track ===

impl<P: Protocol, C: Call<P>> Track<P, C> {
    /// A call begins: `observer` hears its start, and through this track its end.
    #[inline]
    pub fn start<O>(observer: &O, req: P::Request<'_>, clock: Clock) -> Self
    where
        O: Observer<P, Call = C>,
    {
        let mut cx = Cx::start(&clock);
        let call = observer.start(req, &mut cx);
        Self::resume(call, req, cx, clock)
    }

    /// A track for a call that has begun outside of it: a permit.
    #[inline]
    pub(crate) fn resume(call: C, req: P::Request<'_>, cx: Cx, clock: Clock) -> Self {
        Self {
            live: Some(Live {
                call,
                facts: cx.into_facts(),
                clock,
                classify: P::Classify::start(req),
                delivery: None,
                polling: false,
                settled: false,
                fresh: false,
            }),
        }
    }

    /// A track with no call on it, for a response that nobody observes.
    pub const fn idle() -> Self {
        Self { live: None }
    }

    /// Whether the end is still to come.
    #[inline]
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// Runs one poll of the service or of its body, inside the scope of the call. If it unwinds,
    /// the call has panicked.
    #[inline]
    pub fn scope<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        let Some(live) = &mut self.live else {
            return poll();
        };
        live.fresh = false;
        live.polling = true;
        let polled = live.call.scope(poll);
        live.polling = false;
        polled
    }

    /// The service has answered. Says what is to come after the head.
    #[inline]
    pub fn respond(&mut self, res: P::Response<'_>) -> Delivery {
        let Some(live) = &mut self.live else {
            return Delivery::Body;
        };
        let delivery = live.classify.on_response(res);
        live.facts.saw_head(&live.clock);
        live.delivery = Some(delivery);
        live.fresh = true;
        let cx = Cx::new(live.facts, live.delivery).with_trace(live.call.trace_ids());
        live.call.on_response(res, &cx);
        delivery
    }

    /// A piece of the body is handed out.
    #[inline]
    pub fn data(&mut self, len: usize) {
        if let Some(live) = &mut self.live {
            live.fresh |= live.facts.saw_data(len, &live.clock);
            let cx = Cx::new(live.facts, live.delivery).with_trace(live.call.trace_ids());
            live.call.on_data(len, &cx);
        }
    }

    /// All that is owed has been handed out: from now on a drop is the end and not a departure.
    ///
    /// hyper stops polling a body whose `content-length` is paid, and drops it. Does nothing where the
    /// protocol needs trailers to know what became of the call.
    #[inline]
    pub fn settle(&mut self) {
        if let Some(live) = &mut self.live {
            live.settled = !live.classify.needs_trailers();
        }
    }

    /// Supplies the end that nobody reported.
    fn leave(&mut self) {
        if let Some(mut live) = self.live.take() {
            // Whatever was read, was read in an earlier poll.
            live.fresh = false;
            let end = if live.polling {
                End::Panicked(live.facts.stage())
            } else if live.settled {
                End::Complete(None)
            } else {
                End::Cancelled(live.facts.stage())
            };
            live.end(end);
        }
    }

    /// The call has ended. The first end counts.
    #[inline]
    pub fn end(&mut self, end: End<'_, P>) {
        if let Some(live) = self.live.take() {
            live.end(end);
        }
    }
}

impl<P: Protocol, C: Call<P>> Drop for Track<P, C> {
    #[inline]
    fn drop(&mut self) {
        // Most tracks have ended, or gone over to a body: they are not moved to find that out.
        if self.live.is_some() {
            self.leave();
        }
    }
}

impl<P: Protocol, C: Call<P>> Default for Track<P, C> {
    fn default() -> Self {
        Self::idle()
    }
}

impl<P: Protocol, C: Call<P>> fmt::Debug for Track<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = self.live.as_ref().map(|live| live.facts.stage());
        f.debug_struct("Track")
            .field("stage", &stage)
            .finish_non_exhaustive()
    }
}

// === impl Live ===

impl<P: Protocol, C: Call<P>> Live<P, C> {
    #[inline]
    fn end(self, end: End<'_, P>) {
        let Self {
            call,
            facts,
            clock,
            classify,
            delivery,
            fresh,
            polling: _,
            settled: _,
        } = self;
        let clock = (!fresh).then_some(&clock);
        let cx =
            Cx::at_end(facts, delivery, clock, classify.on_end(&end)).with_trace(call.trace_ids());
        call.on_end(end, &cx);
    }
}
