//! The classifier of a call, whose panics do not reach the call.

use crate::panic_counter::{PanicCounter, caught};
use crate::{Classification, Classify, End, ErrorStatuses, Outcome, Protocol, ResponseKind};

static PANICS: PanicCounter = PanicCounter::new();

/// Returns how often custom classifiers ([`Classify`]) have panicked in this process.
///
/// Such a call is served and observed. It counts as a success if the service completed it, because its
/// status is unknown. The panic hook of the process reports each panic.
pub fn classifier_panics() -> u64 {
    PANICS.count()
}

/// A classifier, or `None` once it has panicked.
pub(crate) struct ContainedClassifier<C>(Option<C>);

// === impl ContainedClassifier ===

impl<C> ContainedClassifier<C> {
    #[inline]
    pub(crate) fn start<P: Protocol<Classify = C>>(
        req: P::Request<'_>,
        error_statuses: Option<ErrorStatuses>,
    ) -> Self
    where
        C: Classify<P>,
    {
        let start = || match error_statuses {
            None => C::start(req),
            Some(statuses) => C::start(req).with_error_statuses(statuses),
        };
        if !C::MAY_PANIC {
            return Self(Some(start()));
        }
        Self(PANICS.catch(start, || ()))
    }

    #[inline]
    pub(crate) fn on_response<P: Protocol>(&mut self, res: P::Response<'_>) -> ResponseKind
    where
        C: Classify<P>,
    {
        let Some(classifier) = &mut self.0 else {
            return ResponseKind::Body;
        };
        if !C::MAY_PANIC {
            return classifier.on_response(res);
        }
        let kind = PANICS.catch(|| classifier.on_response(res), || ());
        kind.unwrap_or_else(|| self.give_up(ResponseKind::Body))
    }

    #[inline]
    pub(crate) fn needs_trailers<P: Protocol>(&mut self) -> bool
    where
        C: Classify<P>,
    {
        let Some(classifier) = &self.0 else {
            return false;
        };
        if !C::MAY_PANIC {
            return classifier.needs_trailers();
        }
        let needs_trailers = PANICS.catch(|| classifier.needs_trailers(), || ());
        needs_trailers.unwrap_or_else(|| self.give_up(false))
    }

    #[inline]
    pub(crate) fn on_end<P: Protocol>(mut self, end: &End<'_, P>) -> Classification
    where
        C: Classify<P>,
    {
        let Some(classifier) = &self.0 else {
            return unknown(end);
        };
        if !C::MAY_PANIC {
            return classifier.on_end(end);
        }
        let classification = PANICS.catch(|| classifier.on_end(end), || ());
        classification.unwrap_or_else(|| self.give_up(unknown(end)))
    }

    /// Drops the classifier that has panicked, whose drop may panic too.
    #[cold]
    fn give_up<T>(&mut self, instead: T) -> T {
        let classifier = self.0.take();
        caught(|| drop(classifier));
        instead
    }
}

/// Returns the classification of a call without a classifier. Not an error, because a fault of the
/// classifier must not open a circuit breaker.
#[cold]
fn unknown<P: Protocol>(end: &End<'_, P>) -> Classification {
    Classification::of_end(end).unwrap_or(Classification::new(Outcome::Success))
}
