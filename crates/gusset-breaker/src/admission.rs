//! The breaker as an admission of the driver: one result per call, recorded when it completes.

use std::fmt;
use std::sync::Arc;

use gusset_core::{Admission, CallContext, CallObserver, Clock, End, Protocol, Stage};

use crate::classify::FailureClassifier;
use crate::sharded_arc::ArcShard;
use crate::shared::Core;
use crate::{CallResult, CircuitBreaker, CircuitOpen};

/// Admits or rejects the calls of a service, for an [`AdmissionLayer`](gusset_core::AdmissionLayer).
/// Created by [`CircuitBreaker::admission`].
#[derive(Clone, Debug)]
pub struct CircuitBreakerAdmission<C> {
    breaker: CircuitBreaker,
    classifier: C,
}

/// The permit of one call, which records its result once, when the call completes.
///
/// The driver reports every kind of completion, so no result is lost. Allocates nothing.
pub struct CircuitBreakerPermit<P: Protocol, C: FailureClassifier<P>> {
    slot: Slot,
    classifier: C,
    response: Option<C::ResponseState>,
}

/// The admitted call, released on drop even if the classifier panics.
struct Slot {
    shard: Option<Arc<ArcShard>>,
    generation: u32,
}

// === impl CircuitBreakerAdmission ===

impl<C> CircuitBreakerAdmission<C> {
    pub(crate) fn new(breaker: CircuitBreaker, classifier: C) -> Self {
        Self {
            breaker,
            classifier,
        }
    }

    /// Returns the breaker.
    pub fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }
}

impl<P: Protocol, C: FailureClassifier<P>> Admission<P> for CircuitBreakerAdmission<C> {
    type Permit = CircuitBreakerPermit<P, C>;
    type Rejection = CircuitOpen;

    #[inline]
    fn admit(
        &self,
        _: P::Request<'_>,
        cx: &mut CallContext,
    ) -> Result<CircuitBreakerPermit<P, C>, CircuitOpen> {
        let core = self.breaker.core();
        match core.admit(|| core.nanos(cx.started())) {
            Ok(generation) => Ok(CircuitBreakerPermit {
                slot: Slot {
                    shard: Some(self.breaker.sharded().local()),
                    generation,
                },
                classifier: self.classifier.clone(),
                response: None,
            }),
            Err(denied) => Err(CircuitOpen::new(core, denied)),
        }
    }

    #[inline]
    fn is_closed(&self, clock: &Clock) -> bool {
        let core = self.breaker.core();
        !core.packed().is_closed() && core.denial(core.nanos(clock.now())).is_some()
    }

    fn reject(&self, _: P::Request<'_>, cx: &mut CallContext) -> Option<CircuitOpen> {
        let core = self.breaker.core();
        let denied = core.reject(core.nanos(cx.started()));
        Some(CircuitOpen::new(core, denied))
    }
}

// === impl CircuitBreakerPermit ===

impl<P: Protocol, C: FailureClassifier<P>> CallObserver<P> for CircuitBreakerPermit<P, C> {
    #[inline]
    fn on_response(&mut self, res: P::Response<'_>, _: &CallContext) {
        self.response = Some(self.classifier.on_response(res));
    }

    #[inline]
    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        let Self {
            mut slot,
            classifier,
            response,
        } = self;
        let mut report = classifier.classify(response, &end, cx);
        let Some(shard) = slot.shard.take() else {
            return;
        };
        let core = &shard.core;
        let slow = core.measures_slow_calls() && is_slow(core, cx);
        if slow
            && core.atomic_rules().slow_cancelled_is_failure()
            && matches!(end, End::Cancelled(Stage::Headers))
        {
            report.result = CallResult::Failure;
        }
        // The driver has read the clock for the completion, so it is not read again.
        let now = || core.nanos(cx.started()) + cx.elapsed().as_nanos() as u64;
        core.record(slot.generation, report, slow, now);
    }
}

impl<P: Protocol, C: FailureClassifier<P>> fmt::Debug for CircuitBreakerPermit<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerPermit")
            .field("generation", &self.slot.generation)
            .finish_non_exhaustive()
    }
}

fn is_slow(core: &Core, cx: &CallContext) -> bool {
    let duration = match cx.time_to_headers() {
        Some(to_headers) if !core.atomic_rules().slow_includes_body() => to_headers,
        _ => cx.elapsed(),
    };
    // A `u64` holds 584 years of nanoseconds.
    core.is_slow(duration.as_nanos() as u64)
}

// === impl Slot ===

impl Drop for Slot {
    #[inline]
    fn drop(&mut self) {
        if let Some(shard) = self.shard.take() {
            shard.core.release(self.generation, || shard.core.now());
        }
    }
}
