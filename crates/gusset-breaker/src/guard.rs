//! The breaker as a guard of the driver: one vote a call, at its true end.

use std::fmt;
use std::sync::Arc;

use gusset_core::{Admission, CallContext, CallObserver, Clock, End, Protocol, Stage};

use crate::anchor::Anchor;
use crate::judge::Judge;
use crate::shared::Core;
use crate::{Breaker, Open, Vote};

/// A [`Breaker`] that admits the calls of a service, and hears from the driver how each one ended.
/// Made by [`Breaker::guard`], for a [`AdmissionLayer`](gusset_core::AdmissionLayer).
#[derive(Clone, Debug)]
pub struct BreakerGuard<J> {
    breaker: Breaker,
    judge: J,
}

/// The permit of one call: votes once, when the driver tells of its end.
///
/// No vote is lost: the driver tells of every kind of end. Costs no allocation.
pub struct BreakerPermit<P: Protocol, J: Judge<P>> {
    held: Held,
    judge: J,
    head: Option<J::Head>,
}

/// A place in a breaker, given back even if whoever judges panics.
struct Held {
    anchor: Option<Arc<Anchor>>,
    generation: u32,
}

// === impl BreakerGuard ===

impl<J> BreakerGuard<J> {
    pub(crate) fn new(breaker: Breaker, judge: J) -> Self {
        Self { breaker, judge }
    }

    /// The breaker.
    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }
}

impl<P: Protocol, J: Judge<P>> Admission<P> for BreakerGuard<J> {
    type Permit = BreakerPermit<P, J>;
    type Rejection = Open;

    #[inline]
    fn admit(&self, _: P::Request<'_>, cx: &mut CallContext) -> Result<BreakerPermit<P, J>, Open> {
        let core = self.breaker.core();
        match core.admit(|| core.nanos(cx.started())) {
            Ok(generation) => Ok(BreakerPermit {
                held: Held {
                    anchor: Some(self.breaker.anchors().take()),
                    generation,
                },
                judge: self.judge.clone(),
                head: None,
            }),
            Err(shut) => Err(Open::new(core, shut)),
        }
    }

    #[inline]
    fn is_closed(&self, clock: &Clock) -> bool {
        let core = self.breaker.core();
        !core.word().is_closed() && core.would_refuse(core.nanos(clock.now())).is_some()
    }

    fn reject(&self, _: P::Request<'_>, cx: &mut CallContext) -> Option<Open> {
        let core = self.breaker.core();
        let shut = core.reject(core.nanos(cx.started()));
        Some(Open::new(core, shut))
    }
}

// === impl BreakerPermit ===

impl<P: Protocol, J: Judge<P>> CallObserver<P> for BreakerPermit<P, J> {
    #[inline]
    fn on_response(&mut self, res: P::Response<'_>, _: &CallContext) {
        self.head = Some(self.judge.head(res));
    }

    #[inline]
    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        let Self {
            mut held,
            judge,
            head,
        } = self;
        let mut ballot = judge.vote(head, &end, cx);
        let Some(anchor) = held.anchor.take() else {
            return;
        };
        let core = &anchor.core;
        let slow = core.may_be_slow() && is_slow(core, cx);
        if slow && core.knobs().slow_cancels() && matches!(end, End::Cancelled(Stage::Headers)) {
            ballot.vote = Vote::Failure;
        }
        // The clock was read for the end: no reading of our own.
        let now = || core.nanos(cx.started()) + cx.elapsed().as_nanos() as u64;
        core.vote(held.generation, ballot, slow, now);
    }
}

impl<P: Protocol, J: Judge<P>> fmt::Debug for BreakerPermit<P, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerPermit")
            .field("generation", &self.held.generation)
            .finish_non_exhaustive()
    }
}

fn is_slow(core: &Core, cx: &CallContext) -> bool {
    let took = match cx.time_to_headers() {
        Some(head) if !core.knobs().slow_at_end() => head,
        _ => cx.elapsed(),
    };
    // 584 years fit.
    core.is_slow(took.as_nanos() as u64)
}

// === impl Held ===

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        if let Some(anchor) = self.anchor.take() {
            anchor.core.release(self.generation, || anchor.core.now());
        }
    }
}
