//! Events for requests that fail without a response.

use std::time::SystemTime;

use gusset_core::{Env, StaticStr};
use gusset_data::{SharedStr, SpanEvent};

use crate::call_kind::CallKind;
use crate::env::var_or_warn;
use crate::names;

/// The target of exception events.
pub(crate) const TARGET: &str = "gusset::exception";

/// Whether exceptions are recorded on spans too, as `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` sets.
///
/// Defaults to `logs`. The variable exists for instrumentations that recorded span events before, and
/// this one never did. `logs/dup` records both.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ExceptionSignals {
    pub(crate) on_spans: bool,
}

macro_rules! emit {
    ($level:ident, $name:literal, $type:ident, $message:ident, $body:literal) => {
        tracing::event!(
            name: $name,
            target: TARGET,
            tracing::Level::$level,
            { { names::EXCEPTION_TYPE } = $type, { names::EXCEPTION_MESSAGE } = $message },
            $body
        )
    };
}

// === impl ExceptionSignals ===

impl ExceptionSignals {
    const ENV: &'static str = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";

    /// Returns the signals that the environment sets. An unknown value is ignored with a warning.
    pub(crate) fn from_env(env: Env<'_>) -> Self {
        match var_or_warn(env, Self::ENV).as_deref() {
            None | Some("logs") => Self { on_spans: false },
            Some("logs/dup") => Self { on_spans: true },
            Some(_) => {
                tracing::warn!(
                    target: "gusset::trace",
                    "ignoring `{}`: neither `logs` nor `logs/dup`, using `logs`",
                    Self::ENV
                );
                Self::default()
            }
        }
    }
}

/// Emits a `tracing` event, which a log records: an error for servers, a warning for clients.
pub(crate) fn emit(kind: CallKind, error: StaticStr, message: Option<&str>) {
    let error = error.as_str();
    match kind {
        CallKind::HttpServer => emit!(
            ERROR,
            "http.server.request.exception",
            error,
            message,
            "the HTTP server call failed without a response"
        ),
        CallKind::HttpClient => emit!(
            WARN,
            "http.client.request.exception",
            error,
            message,
            "the HTTP client call failed without a response"
        ),
        CallKind::GrpcServer => emit!(
            ERROR,
            "rpc.server.call.exception",
            error,
            message,
            "the gRPC server call failed without a response"
        ),
        CallKind::GrpcClient => emit!(
            WARN,
            "rpc.client.call.exception",
            error,
            message,
            "the gRPC client call failed without a response"
        ),
        CallKind::Consumer => emit!(
            ERROR,
            "messaging.process.exception",
            error,
            message,
            "the processing of the message failed"
        ),
        CallKind::Operation => emit!(
            WARN,
            "gusset.operation.exception",
            error,
            message,
            "the operation failed"
        ),
    }
}

/// Returns the span event of an exception.
pub(crate) fn span_event(
    error: StaticStr,
    message: Option<&SharedStr>,
    time: SystemTime,
) -> SpanEvent {
    let mut attributes = vec![(names::EXCEPTION_TYPE.into(), error.as_str().into())];
    if let Some(message) = message {
        attributes.push((names::EXCEPTION_MESSAGE.into(), message.clone().into()));
    }
    SpanEvent {
        name: SharedStr::from_static("exception"),
        time,
        attributes,
    }
}
