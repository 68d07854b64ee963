use std::fmt;
use std::sync::Arc;

use gusset_core::{
    CallContext, CallObserver, End, Failure, Outcome, Protocol, SpanIds, Stage, StaticStr,
};
use gusset_data::{SharedStr, SpanData, SpanStatus, Value, exception_message};
use gusset_http::{Http, HttpClassifier, ProtocolVersion, ResponseHead, has_grpc_messages};
use http::StatusCode;
use tracing::record_all;

use super::grpc;
use super::span_name::response_route;
use crate::config::TraceConfig;
use crate::current::{self, CallScope, Entered};
use crate::sampler::CallSummary;
use crate::{SpanAttributes, exceptions, names};

/// The state of one call of a [`TraceObserver`](super::TraceObserver).
pub struct TraceCallState {
    /// `None` only during a poll, while the scope belongs to the thread.
    pub(super) scope: Option<Arc<CallScope>>,
    /// The HTTP status of the response, if the call is recorded.
    pub(super) status: Option<StatusCode>,
    /// Whether the body of the response consists of gRPC messages.
    pub(super) has_messages: bool,
    /// What was entered for the current poll.
    pub(super) entered: Entered,
}

// === impl TraceCallState ===

impl TraceCallState {
    /// Records the response headers on the exported span.
    fn record_response(
        scope: &CallScope,
        config: &TraceConfig,
        res: ResponseHead<'_>,
        route: Option<&str>,
    ) {
        let Some(active_span) = &scope.active_span else {
            return;
        };
        let is_client = config.kind.is_client();
        if !is_client && route.is_none() && config.response_headers.is_empty() {
            return;
        }
        let span_name = route.map(|route| config.span_name(scope.method_index, route));
        active_span.edit(|span| {
            let attributes = &mut span.attributes;
            if is_client {
                if let Some(version) = ProtocolVersion::from_http(res.version) {
                    let version = version.as_str();
                    attributes.push((names::NETWORK_PROTOCOL_VERSION.into(), version.into()));
                }
            }
            if let Some(route) = route {
                let (key, route) = (config.route_attribute(), SharedStr::new(route).into());
                let mut present = attributes.iter_mut();
                match present.find(|(name, _)| name == key) {
                    Some((_, value)) => *value = route,
                    None => attributes.push((key.into(), route)),
                }
            }
            if let Some(name) = span_name {
                span.name = name;
            }
            if !config.response_headers.is_empty() {
                let attributes = &mut span.attributes;
                let redaction = &config.redaction;
                config
                    .response_headers
                    .record(res.headers, redaction, attributes);
            }
        });
    }

    /// Records the completion on the exported span.
    fn finish(
        span: &mut SpanData,
        status: Option<StatusCode>,
        stage: Option<Stage>,
        message: Option<SharedStr>,
        cx: &CallContext,
    ) {
        span.end = span.start + cx.elapsed();
        let attributes = &mut span.attributes;
        if let Some(status) = status {
            let status = i64::from(status.as_u16());
            attributes.push((names::HTTP_RESPONSE_STATUS_CODE.into(), status.into()));
        }
        if let Some(error) = cx.error_type() {
            attributes.push((names::ERROR_TYPE.into(), error.as_str().into()));
            let description = message.clone().unwrap_or(SharedStr::from_static(""));
            span.status = SpanStatus::Error(description);
        }
        if let Some(message) = message {
            attributes.push((names::EXCEPTION_MESSAGE.into(), message.into()));
        }
        if let Some(outcome) = cx.outcome() {
            attributes.push((names::GUSSET_OUTCOME.into(), outcome.as_str().into()));
        }
        if let Some(stage) = stage {
            attributes.push((names::GUSSET_STAGE.into(), stage.as_str().into()));
        }
    }

    /// Returns the text of the error that the call failed with, if it is recorded. Redacted and bounded.
    #[cold]
    fn exception_message(&self, failure: Failure<'_>) -> Option<SharedStr> {
        let config = self.scope.as_ref()?.config.as_ref()?;
        let options = &config.options;
        if !options.reports_exception_messages(config.kind.side()) {
            return None;
        }
        let message = exception_message(
            failure.as_error()?,
            &config.redaction,
            options.hides_paths(),
        )?;
        match config.limits.truncate(message.into()) {
            Value::String(message) => Some(message),
            _ => None,
        }
    }

    /// Emits an exception event if the call failed without a response.
    fn emit_exception<P: Protocol>(
        &mut self,
        end: &End<'_, P>,
        message: Option<&SharedStr>,
        cx: &CallContext,
    ) {
        let is_exception = match end {
            End::Failed(..) => cx.outcome() != Some(Outcome::Rejected),
            End::Panicked(_) => true,
            _ => false,
        };
        let Some(error) = cx.error_type().filter(|_| is_exception) else {
            return;
        };
        let Some(scope) = self.scope.clone() else {
            return;
        };
        let Some(config) = &scope.config else {
            return;
        };
        // The driver sets the ids only during a poll.
        let emit = || exceptions::emit(config.kind, error, message.map(|text| &**text));
        current::with_ids(scope.span_ids(), || {
            current::in_scope(&mut self.scope, emit);
        });
        if let (true, Some(active_span)) = (config.exceptions.on_spans, &scope.active_span) {
            active_span.edit(|span| {
                let event = exceptions::span_event(error, message, span.start + cx.elapsed());
                config.limits.add_event(span, event);
            });
        }
    }

    /// Completes the span. Messages have no stage.
    pub(super) fn complete<P: Protocol>(
        mut self,
        end: End<'_, P>,
        stage: Option<Stage>,
        cx: &CallContext,
    ) {
        let message = match end {
            End::Failed(_, failure) => self.exception_message(failure),
            _ => None,
        };
        if cx.error_type().is_some() {
            self.emit_exception(&end, message.as_ref(), cx);
        }
        let Some(scope) = self.scope else {
            return;
        };
        let Some(config) = &scope.config else {
            return;
        };
        let is_grpc = config.kind.is_grpc();
        let unproven = scope.unproven_method.as_ref();
        let method = unproven.map(|method| method.resolve(&config.options, cx, self.has_messages));
        // What a client sent as the method is its path.
        let method =
            method.filter(|method| method.original().is_none() || !config.options.hides_paths());
        let span = &scope.tracing_span;
        if !span.is_disabled() {
            if is_grpc {
                grpc::record_end(span, cx.status(), method);
            }
            record_all!(
                span,
                { names::ERROR_TYPE } = cx.error_type().map(StaticStr::as_str),
                { names::EXCEPTION_MESSAGE } = message.as_deref(),
                { names::OTEL_STATUS_CODE } = cx.error_type().map(|_| "ERROR"),
                { names::OTEL_STATUS_DESCRIPTION } = message.as_deref(),
                { names::GUSSET_OUTCOME } = cx.outcome().map(Outcome::as_str),
                { names::GUSSET_STAGE } = stage.map(Stage::as_str),
            );
        }
        let active_span = scope.active_span.as_deref();
        if let Some((active_span, output)) =
            active_span.and_then(|span| Some((span, span.output()?)))
        {
            if scope.owns_buffer {
                let summary = CallSummary {
                    outcome: cx.outcome(),
                    error: cx.error_type(),
                    status: cx.status(),
                    elapsed: cx.elapsed(),
                };
                let panics = &config.sampler_panics;
                output.decide(panics.should_export(&*config.sampler, &summary));
            }
            let fields = cx.fields();
            active_span.end(output, |span| {
                if is_grpc {
                    grpc::finish(span, cx.status(), method, &config.redaction);
                }
                let status = self.status.filter(|_| !is_grpc);
                Self::finish(span, status, stage, message, cx);
                if let Some(fields) = &fields {
                    config.record_fields(span, fields);
                }
            });
        }
        current::release(scope);
    }
}

impl<R: HttpClassifier> CallObserver<Http<R>> for TraceCallState {
    #[inline]
    fn enter(&mut self) {
        self.entered = current::enter(&mut self.scope);
    }

    #[inline]
    fn exit(&mut self) {
        current::exit(&mut self.scope, self.entered);
    }

    #[inline]
    fn span_ids(&self) -> Option<SpanIds> {
        self.scope.as_ref()?.span_ids()
    }

    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        let Some(scope) = self.scope.as_deref() else {
            return;
        };
        let Some(config) = &scope.config else {
            return;
        };
        let extension = SpanAttributes::from_response(res);
        if let (Some(active_span), Some(attributes)) = (&scope.active_span, extension) {
            active_span.set_attributes(attributes.iter().cloned());
        }
        let span = &scope.tracing_span;
        let is_recorded = !span.is_disabled() || scope.active_span.is_some();
        if !is_recorded {
            return;
        }
        self.status = Some(res.status);
        if config.kind.is_grpc() {
            self.has_messages = has_grpc_messages(res);
            return;
        }
        // An inner router may have matched the route after the span started.
        let route = response_route(res, config.kind.side());
        Self::record_response(scope, config, res, route);
        if span.is_disabled() {
            return;
        }
        span.record(names::HTTP_RESPONSE_STATUS_CODE, res.status.as_u16());
        if config.kind.is_client() {
            // The version was negotiated after the span started.
            let version = ProtocolVersion::from_http(res.version);
            let version = version.map(ProtocolVersion::as_str);
            span.record(names::NETWORK_PROTOCOL_VERSION, version);
        }
        if let Some(route) = route {
            let name = config.span_name(scope.method_index, route);
            span.record(config.route_attribute(), route);
            span.record(names::OTEL_NAME, &*name);
        }
    }

    fn on_end(self, end: End<'_, Http<R>>, cx: &CallContext) {
        let stage = end.stage();
        self.complete(end, stage, cx);
    }
}

impl fmt::Debug for TraceCallState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceCallState")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
