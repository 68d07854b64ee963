use std::fmt;
use std::sync::Arc;

use gusset_core::{Call, Cx, End, Stage, TraceIds};
use gusset_http::{Http, RequestId, ResponseHead, Route, Rules};
use tracing::Span;

use super::{Protocol, Shared, Side, grpc, span};
use crate::current::{self, Place};
use crate::names;

/// The state of one call of [`Trace`](super::Trace): its span.
pub struct TraceCall {
    pub(super) span: Span,
    pub(super) place: Place,
    pub(super) request_id: Option<RequestId>,
    pub(super) shared: Arc<Shared>,
    /// The place of the method among the known ones, to name the span by.
    pub(super) method: usize,
    /// The method of a gRPC server's call, until its status shows that it is one.
    pub(super) unproven: Option<Box<str>>,
}

// === impl TraceCall ===

impl TraceCall {
    #[inline]
    fn ids(&self) -> Option<TraceIds> {
        let trace = self.place.context.trace.as_ref()?;
        let (trace_id, span_id) = (trace.trace_id().to_bytes(), trace.span_id().to_bytes());
        Some(TraceIds::new(trace_id, span_id, trace.flags().is_sampled()))
    }
}

impl<R: Rules> Call<Http<R>> for TraceCall {
    #[inline]
    fn scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let ids = self.ids();
        let Self {
            span,
            place,
            request_id,
            ..
        } = self;
        current::scope(place, ids, || {
            RequestId::scope(request_id, || span.in_scope(poll))
        })
    }

    #[inline]
    fn trace_ids(&self) -> Option<TraceIds> {
        self.ids()
    }

    fn on_response(&mut self, res: ResponseHead<'_>, _: &Cx) {
        if self.span.is_disabled() || self.shared.protocol == Protocol::Grpc {
            return;
        }
        self.span.record(names::STATUS_CODE, res.status.as_u16());
        if self.shared.side == Side::Client {
            // What was spoken, which the request did not know.
            self.span.record(names::VERSION, span::version(res.version));
        }
        if let Some(route) = Route::of_response(res) {
            // A router further in has matched it, after the span began.
            let at = match self.shared.side {
                Side::Server => names::ROUTE,
                Side::Client => names::TEMPLATE,
            };
            self.span.record(at, route);
            self.shared.rename(&self.span, self.method, route);
        }
    }

    fn on_end(self, end: End<'_, Http<R>>, cx: &Cx) {
        let Self {
            span,
            shared,
            unproven,
            ..
        } = self;
        if span.is_disabled() {
            return;
        }
        if shared.protocol == Protocol::Grpc {
            grpc::on_end(&span, cx.status(), unproven.as_deref());
        }
        if let Some(error) = cx.error_type() {
            span.record(names::ERROR, error.as_str());
            span.record(names::STATUS, "ERROR");
        }
        if let Some(outcome) = cx.outcome() {
            span.record(names::OUTCOME, outcome.as_str());
        }
        if let Some(stage) = end.stage() {
            span.record(names::STAGE, Stage::as_str(stage));
        }
    }
}

impl fmt::Debug for TraceCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceCall")
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}
