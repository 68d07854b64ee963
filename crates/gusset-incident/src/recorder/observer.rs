//! The observer that records calls.

use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, Observer, ObserverId, SpanIds};
use gusset_http::{Http, HttpClassifier, RequestAttributes, RequestHead, RequestOptions, Side};

use super::shared::{Place, Shared};
use crate::call::{EndFacts, StartFacts};

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
    facts: Facts,
    /// Whether the call was entered, when the ids of its span are known.
    is_entered: bool,
}

/// Where the facts of a call under way are. The state of a call is moved several times, so they are not in it.
#[derive(Debug)]
enum Facts {
    /// In the list of calls under way.
    Listed(Place),
    /// Here, because too many are under way.
    Kept(Box<StartFacts>),
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
        let (started, method) = (cx.started(), attributes.method());
        let route = attributes.route().unwrap_or_default();
        let facts = match self.shared.start(started, method, route) {
            Some(place) => Facts::Listed(place),
            None => Facts::Kept(Box::new(StartFacts::new(started, method, route))),
        };
        RecordedCall {
            shared: Arc::clone(&self.shared),
            facts,
            is_entered: false,
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
        if self.is_entered {
            return;
        }
        self.is_entered = true;
        if let Some(ids) = SpanIds::current() {
            match &mut self.facts {
                Facts::Listed(place) => self.shared.set_ids(*place, ids),
                Facts::Kept(facts) => facts.ids = Some(ids),
            }
        }
    }

    #[inline]
    fn on_end(self, _: End<'_, Http<R>>, cx: &CallContext) {
        let end = EndFacts {
            ids: cx.span_ids(),
            duration: cx.elapsed(),
            time_to_headers: cx.time_to_headers(),
            bytes: cx.bytes(),
            outcome: cx.outcome(),
            status: cx.status(),
            error_type: cx.error_type(),
        };
        match self.facts {
            Facts::Listed(place) => self.shared.end(place, &end),
            Facts::Kept(facts) => self.shared.end_of_kept(&facts, &end),
        }
    }
}
