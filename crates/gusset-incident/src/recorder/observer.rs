//! The observer that records calls.

use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, Observer, ObserverId, SpanIds};
use gusset_http::{Http, HttpClassifier, RequestAttributes, RequestHead, RequestOptions, Side};

use super::shared::{Place, Shared};
use crate::call::{CallEntry, StartFacts, Text};

/// Records calls. Created by [`FlightRecorder::calls_of_server`](crate::FlightRecorder::calls_of_server).
#[derive(Clone, Debug)]
pub struct CallRecorder {
    pub(super) shared: Arc<Shared>,
    pub(super) side: Side,
    pub(super) options: Arc<RequestOptions>,
}

/// One call of a [`CallRecorder`].
#[derive(Debug)]
pub struct RecordedCall {
    shared: Arc<Shared>,
    facts: StartFacts,
    /// `None` until the call is entered first, when the ids of its span are known.
    place: Option<Place>,
}

// === impl CallRecorder ===

impl CallRecorder {
    /// Sets the options by which telemetry reads a request. Defaults to those of `RequestOptions::default()`.
    #[must_use = "returns the observer with the change"]
    pub fn request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
        self
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for CallRecorder {
    type Call = RecordedCall;

    #[inline]
    fn start(&self, req: RequestHead<'_>, cx: &mut CallContext) -> RecordedCall {
        let attributes = RequestAttributes::new(req, self.side, &self.options);
        RecordedCall {
            shared: Arc::clone(&self.shared),
            facts: StartFacts {
                started: cx.started(),
                ids: None,
                method: Text::new(attributes.method()),
                route: Text::new(attributes.route().unwrap_or_default()),
            },
            place: None,
        }
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.shared)
    }
}

// === impl RecordedCall ===

impl<R: HttpClassifier> CallObserver<Http<R>> for RecordedCall {
    #[inline]
    fn enter(&mut self) {
        if self.place.is_none() {
            self.facts.ids = SpanIds::current();
            self.place = Some(self.shared.start(self.facts));
        }
    }

    #[inline]
    fn on_end(self, _: End<'_, Http<R>>, cx: &CallContext) {
        let Self {
            shared,
            mut facts,
            place,
        } = self;
        facts.ids = cx.span_ids().or(facts.ids);
        let entry = CallEntry {
            start: facts,
            duration: cx.elapsed(),
            time_to_headers: cx.time_to_headers(),
            bytes: cx.bytes(),
            outcome: cx.outcome(),
            status: cx.status(),
            error_type: cx.error_type(),
        };
        shared.end(place, entry);
    }
}
