//! The breaker as an admission of the driver: one result per call, recorded when it completes.

use std::fmt;
use std::sync::Arc;

use gusset_core::{Admission, CallContext, CallObserver, Clock, End, Protocol, Stage};

use crate::classify::{FailureClassifier, Progress};
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
    /// The number of chunks of the body, up to two.
    chunks: u8,
    /// The classifier has panicked, so the result is unknown.
    panicked: bool,
}

/// The largest number of chunks that a classifier receives.
const MAX_CHUNKS: u8 = 2;

/// The admitted call, released on drop.
struct Slot {
    shard: Option<Arc<ArcShard>>,
    generation: u32,
    /// Whether the call was counted as a success before its completion.
    counted: bool,
    /// Whether it is a half-open call in progress that has good headers.
    accepted: bool,
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
                    counted: false,
                    accepted: false,
                },
                classifier: self.classifier.clone(),
                response: None,
                chunks: 0,
                panicked: false,
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

    fn on_respond_panic(&self) {
        self.breaker.core().count_panic();
    }
}

// === impl CircuitBreakerPermit ===

impl<P: Protocol, C: FailureClassifier<P>> CallObserver<P> for CircuitBreakerPermit<P, C> {
    #[inline]
    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        let classifier = &self.classifier;
        let classified = self.slot.contain(|| {
            let response = classifier.on_response(res);
            let progress = classifier.progress(&response, 0);
            (response, progress)
        });
        match classified {
            Some((response, progress)) => {
                self.response = Some(response);
                self.slot.progress(progress, cx);
            }
            None => self.panicked = true,
        }
    }

    #[inline]
    fn on_data(&mut self, _: usize, cx: &CallContext) {
        if self.chunks == MAX_CHUNKS {
            return;
        }
        self.chunks += 1;
        let (classifier, chunks) = (&self.classifier, self.chunks);
        if let Some(response) = &self.response {
            match self.slot.contain(|| classifier.progress(response, chunks)) {
                Some(progress) => self.slot.progress(progress, cx),
                None => self.panicked = true,
            }
        }
    }

    #[inline]
    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        let Self {
            mut slot,
            classifier,
            response,
            panicked,
            chunks: _,
        } = self;
        let report = if panicked {
            None
        } else {
            slot.contain(|| classifier.classify(response, &end, cx))
        };
        let mut report = report.unwrap_or_else(|| CallResult::Ignored.into());
        let Some(shard) = slot.shard.take() else {
            return;
        };
        let core = &shard.core;
        slot.withdraw(core);
        let slow = core.measures_slow_calls() && is_slow(core, cx);
        if slow
            && core.atomic_rules().slow_cancelled_is_failure()
            && matches!(end, End::Cancelled(Stage::Headers))
        {
            report.result = CallResult::Failure;
        }
        // The driver has read the clock for the completion, so it is not read again.
        let now = || core.nanos(cx.started()) + cx.elapsed().as_nanos() as u64;
        if slot.counted {
            return core.record_again(slot.generation, report, slow, now);
        }
        if report.result == CallResult::Ignored && matches!(end, End::Cancelled(Stage::Headers)) {
            core.record_cancelled(now());
        }
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

impl Slot {
    /// Returns what a function of the user returns, or `None` if it panics.
    #[inline]
    fn contain<T>(&self, function: impl FnOnce() -> T) -> Option<T> {
        self.shard.as_ref()?.core.contain(function)
    }

    /// Applies what the response in progress proves.
    #[inline]
    fn progress(&mut self, progress: Progress, cx: &CallContext) {
        match progress {
            Progress::Unknown => {}
            Progress::Accepted => self.accept(),
            Progress::Responding | Progress::Streaming => self.count_early(progress, cx),
        }
    }

    #[inline]
    fn accept(&mut self) {
        if let Some(shard) = &self.shard {
            self.accepted = shard.core.accept_probe(self.generation);
        }
    }

    #[inline]
    fn withdraw(&mut self, core: &Core) {
        if std::mem::take(&mut self.accepted) {
            core.withdraw_probe(self.generation);
        }
    }

    /// Counts a call in progress as a success, once, if its progress proves it.
    #[cold]
    fn count_early(&mut self, progress: Progress, cx: &CallContext) {
        if self.counted {
            return;
        }
        let accepted = std::mem::take(&mut self.accepted);
        if let Some(shard) = &self.shard {
            let core = &shard.core;
            if accepted {
                core.withdraw_probe(self.generation);
            }
            let slow = core.measures_slow_calls() && is_slow(core, cx);
            let now = || core.nanos(cx.started()) + cx.elapsed().as_nanos() as u64;
            let in_every_state = progress == Progress::Streaming;
            self.counted = core.record_early(self.generation, in_every_state, slow, now);
        }
    }
}

impl Drop for Slot {
    #[inline]
    fn drop(&mut self) {
        if let Some(shard) = self.shard.take() {
            self.withdraw(&shard.core);
            if self.counted {
                return;
            }
            shard.core.release(self.generation, || shard.core.now());
        }
    }
}
