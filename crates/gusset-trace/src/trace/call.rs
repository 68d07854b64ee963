use std::fmt;
use std::sync::Arc;

use gusset_core::{Call, Cx, End, Outcome, Stage, Token, TraceIds};
use gusset_export::{SpanData, SpanStatus, Text};
use gusset_http::{Http, ResponseHead, Route, Rules};
use tracing::{Span, record_all};

use super::{Protocol, Shared, Side, grpc, span};
use crate::current::{self, Place};
use crate::recording::Recording;
use crate::sample::{Ended, Sampler as _};
use crate::{exception, names};

/// The state of one call of [`Trace`](super::Trace): its span.
pub struct TraceCall {
    pub(super) span: Span,
    /// With the recording, if the call is recorded. Always there, but for a poll.
    pub(super) place: Option<Arc<Place>>,
    pub(super) ids: TraceIds,
    pub(super) shared: Arc<Shared>,
    /// The place of the method among the known ones, to name the span by.
    pub(super) method: usize,
    /// The method of a gRPC server's call, until its status shows that it is one.
    pub(super) unproven: Option<Box<str>>,
    /// What is kept aside for the call is decided at its end.
    pub(super) decides: bool,
}

// === impl TraceCall ===

impl TraceCall {
    #[inline]
    fn recording(&self) -> Option<&Arc<Recording>> {
        self.place.as_ref()?.recording.as_ref()
    }

    /// Puts on the exported span what the head of the response tells.
    fn record_response(&self, res: ResponseHead<'_>, route: Option<&str>) {
        let Some(recording) = self.recording() else {
            return;
        };
        let shared = &*self.shared;
        let name = route.map(|route| shared.name(self.method, route));
        recording.edit(|span| {
            let on = &mut span.attributes;
            let status = i64::from(res.status.as_u16());
            on.push((names::STATUS_CODE.into(), status.into()));
            if shared.side == Side::Client {
                if let Some(version) = span::version(res.version) {
                    on.push((names::VERSION.into(), version.into()));
                }
            }
            if let Some(route) = route {
                let route = route.to_owned().into();
                let mut known = on.iter_mut();
                match known.find(|(name, _)| name == shared.route_name()) {
                    Some((_, value)) => *value = route,
                    None => on.push((shared.route_name().into(), route)),
                }
            }
            if let Some(name) = name {
                span.name = name.into();
            }
            if !shared.response_headers.is_empty() {
                shared
                    .response_headers
                    .put(res.headers, &mut span.attributes);
            }
        });
    }

    /// Puts on the exported span what the end tells.
    fn finish(span: &mut SpanData, stage: Option<Stage>, cx: &Cx) {
        span.end = span.start + cx.elapsed();
        let on = &mut span.attributes;
        if let Some(error) = cx.error_type() {
            on.push((names::ERROR.into(), error.as_str().into()));
            span.status = SpanStatus::Error(Text::Borrowed(""));
        }
        if let Some(outcome) = cx.outcome() {
            on.push((names::OUTCOME.into(), outcome.as_str().into()));
        }
        if let Some(stage) = stage {
            on.push((names::STAGE.into(), stage.as_str().into()));
        }
    }

    /// Tells a log of an error that was no answer.
    fn tell<R: Rules>(&mut self, end: &End<'_, Http<R>>, cx: &Cx) {
        let is_exception = match end {
            End::Failed(..) => cx.outcome() != Some(Outcome::Refused),
            End::Panicked(_) => true,
            _ => false,
        };
        let Some(error) = cx.error_type().filter(|_| is_exception) else {
            return;
        };
        let kind = self.shared.exception_kind();
        <Self as Call<Http<R>>>::scope(self, || kind.tell(error));
        if let (true, Some(recording)) = (self.shared.exceptions.on_spans, self.recording()) {
            recording.edit(|span| {
                let event = exception::on_span(error, span.start + cx.elapsed());
                self.shared.limits.happened(span, event);
            });
        }
    }
}

impl<R: Rules> Call<Http<R>> for TraceCall {
    #[inline]
    fn scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let Self {
            span, place, ids, ..
        } = self;
        current::scope(place, Some(*ids), || {
            if span.is_disabled() {
                poll()
            } else {
                span.in_scope(poll)
            }
        })
    }

    #[inline]
    fn trace_ids(&self) -> Option<TraceIds> {
        Some(self.ids)
    }

    fn on_response(&mut self, res: ResponseHead<'_>, _: &Cx) {
        let is_looked_at = !self.span.is_disabled() || self.recording().is_some();
        if !is_looked_at || self.shared.protocol == Protocol::Grpc {
            return;
        }
        // A router further in may have matched it, after the span began.
        let route = Route::of_response(res);
        self.record_response(res, route);
        if self.span.is_disabled() {
            return;
        }
        self.span.record(names::STATUS_CODE, res.status.as_u16());
        if self.shared.side == Side::Client {
            // What was spoken, which the request did not know.
            self.span.record(names::VERSION, span::version(res.version));
        }
        if let Some(route) = route {
            let name = self.shared.name(self.method, route);
            self.span.record(self.shared.route_name(), route);
            self.span.record(names::NAME, &*name);
        }
    }

    fn on_end(mut self, end: End<'_, Http<R>>, cx: &Cx) {
        if cx.error_type().is_some() {
            self.tell(&end, cx);
        }
        let Self {
            span,
            place,
            shared,
            unproven,
            decides,
            ..
        } = self;
        let is_grpc = shared.protocol == Protocol::Grpc;
        if !span.is_disabled() {
            if is_grpc {
                grpc::on_end(&span, cx.status(), unproven.as_deref());
            }
            record_all!(
                span,
                { names::ERROR } = cx.error_type().map(Token::as_str),
                { names::STATUS } = cx.error_type().map(|_| "ERROR"),
                { names::OUTCOME } = cx.outcome().map(Outcome::as_str),
                { names::STAGE } = end.stage().map(Stage::as_str),
            );
        }
        let Some(place) = place else {
            return;
        };
        let Some(recording) = &place.recording else {
            return current::end(place);
        };
        if decides {
            let ended = Ended {
                outcome: cx.outcome(),
                error: cx.error_type(),
                elapsed: cx.elapsed(),
            };
            recording.out().decide(shared.sampler.keep(&ended));
        }
        if let Some(mut data) = recording.take() {
            if is_grpc {
                grpc::finish(&mut data, cx.status(), unproven);
            }
            Self::finish(&mut data, end.stage(), cx);
            recording.out().export(data);
        }
        current::end(place);
    }
}

impl fmt::Debug for TraceCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceCall")
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}
