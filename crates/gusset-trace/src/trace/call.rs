use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, Outcome, SpanIds, Stage, StaticStr};
use gusset_data::{SharedStr, SpanData, SpanStatus};
use gusset_http::{Http, HttpClassifier, ResponseHead, Route};
use http::StatusCode;
use tracing::record_all;

use super::{Protocol, Shared, Side, grpc, span};
use crate::current::{self, Place};
use crate::sample::{Ended, Sampler as _};
use crate::{Attributes, exception, names};

/// The state of one call of [`Trace`](super::Trace): its span.
pub struct TraceCall {
    /// All of it. Always there, but for a poll: it is the thread's then.
    pub(super) place: Option<Arc<Place>>,
    /// That of the response, told at the end.
    pub(super) status: Option<StatusCode>,
}

// === impl TraceCall ===

impl TraceCall {
    /// Puts on the exported span what the head of the response tells.
    fn record_response(place: &Place, shared: &Shared, res: ResponseHead<'_>, route: Option<&str>) {
        let Some(recording) = &place.recording else {
            return;
        };
        let is_client = shared.side == Side::Client;
        if !is_client && route.is_none() && shared.response_headers.is_empty() {
            return;
        }
        let name = route.map(|route| shared.name(place.method, route));
        recording.edit(|span| {
            let on = &mut span.attributes;
            if is_client {
                if let Some(version) = span::version(res.version) {
                    on.push((names::VERSION.into(), version.into()));
                }
            }
            if let Some(route) = route {
                let route = SharedStr::new(route).into();
                let mut known = on.iter_mut();
                match known.find(|(name, _)| name == shared.route_name()) {
                    Some((_, value)) => *value = route,
                    None => on.push((shared.route_name().into(), route)),
                }
            }
            if let Some(name) = name {
                span.name = name;
            }
            if !shared.response_headers.is_empty() {
                shared
                    .response_headers
                    .put(res.headers, &mut span.attributes);
            }
        });
    }

    /// Puts on the exported span what the end tells.
    fn finish(
        span: &mut SpanData,
        status: Option<StatusCode>,
        stage: Option<Stage>,
        cx: &CallContext,
    ) {
        span.end = span.start + cx.elapsed();
        let on = &mut span.attributes;
        if let Some(status) = status {
            on.push((names::STATUS_CODE.into(), i64::from(status.as_u16()).into()));
        }
        if let Some(error) = cx.error_type() {
            on.push((names::ERROR.into(), error.as_str().into()));
            span.status = SpanStatus::Error(SharedStr::from_static(""));
        }
        if let Some(outcome) = cx.outcome() {
            on.push((names::OUTCOME.into(), outcome.as_str().into()));
        }
        if let Some(stage) = stage {
            on.push((names::STAGE.into(), stage.as_str().into()));
        }
    }

    /// Tells a log of an error that was no answer.
    fn tell<R: HttpClassifier>(&mut self, end: &End<'_, Http<R>>, cx: &CallContext) {
        let is_exception = match end {
            End::Failed(..) => cx.outcome() != Some(Outcome::Rejected),
            End::Panicked(_) => true,
            _ => false,
        };
        let Some(error) = cx.error_type().filter(|_| is_exception) else {
            return;
        };
        let Some(place) = self.place.clone() else {
            return;
        };
        let Some(shared) = &place.owner else {
            return;
        };
        let kind = shared.exception_kind();
        <Self as CallObserver<Http<R>>>::scope(self, || kind.tell(error));
        if let (true, Some(recording)) = (shared.exceptions.on_spans, &place.recording) {
            recording.edit(|span| {
                let event = exception::on_span(error, span.start + cx.elapsed());
                shared.limits.happened(span, event);
            });
        }
    }
}

impl<R: HttpClassifier> CallObserver<Http<R>> for TraceCall {
    #[inline]
    fn scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let ids = <Self as CallObserver<Http<R>>>::trace_ids(self);
        current::scope(&mut self.place, ids, poll)
    }

    #[inline]
    fn trace_ids(&self) -> Option<SpanIds> {
        self.place.as_ref()?.ids()
    }

    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        let Some(place) = self.place.as_deref() else {
            return;
        };
        let Some(shared) = &place.owner else {
            return;
        };
        if let (Some(recording), Some(attributes)) = (&place.recording, Attributes::of(res)) {
            recording.set_all(attributes.iter().cloned());
        }
        let span = &place.span;
        let is_looked_at = !span.is_disabled() || place.recording.is_some();
        if !is_looked_at || shared.protocol == Protocol::Grpc {
            return;
        }
        self.status = Some(res.status);
        // A router further in may have matched it, after the span began.
        let route = Route::from_response(res);
        Self::record_response(place, shared, res, route);
        if span.is_disabled() {
            return;
        }
        span.record(names::STATUS_CODE, res.status.as_u16());
        if shared.side == Side::Client {
            // What was spoken, which the request did not know.
            span.record(names::VERSION, span::version(res.version));
        }
        if let Some(route) = route {
            let name = shared.name(place.method, route);
            span.record(shared.route_name(), route);
            span.record(names::NAME, &*name);
        }
    }

    fn on_end(mut self, end: End<'_, Http<R>>, cx: &CallContext) {
        if cx.error_type().is_some() {
            self.tell(&end, cx);
        }
        let Some(place) = self.place else {
            return;
        };
        let Some(shared) = &place.owner else {
            return;
        };
        let is_grpc = shared.protocol == Protocol::Grpc;
        let (span, unproven) = (&place.span, place.unproven.as_deref());
        if !span.is_disabled() {
            if is_grpc {
                grpc::on_end(span, cx.status(), unproven);
            }
            record_all!(
                span,
                { names::ERROR } = cx.error_type().map(StaticStr::as_str),
                { names::STATUS } = cx.error_type().map(|_| "ERROR"),
                { names::OUTCOME } = cx.outcome().map(Outcome::as_str),
                { names::STAGE } = end.stage().map(Stage::as_str),
            );
        }
        let recording = place.recording.as_deref();
        if let Some((recording, out)) = recording.and_then(|it| Some((it, it.out()?))) {
            if place.decides {
                let ended = Ended {
                    outcome: cx.outcome(),
                    error: cx.error_type(),
                    elapsed: cx.elapsed(),
                };
                out.decide(shared.sampler.keep(&ended));
            }
            recording.end(out, |span| {
                if is_grpc {
                    grpc::finish(span, cx.status(), unproven);
                }
                Self::finish(span, self.status, end.stage(), cx);
            });
        }
        current::end(place);
    }
}

impl fmt::Debug for TraceCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceCall")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
