//! What went wrong inside a call, for logs.

use gusset_core::StaticStr;
use gusset_data::{SharedStr, SpanEvent};

/// The target of the events that tell of exceptions.
pub(crate) const TARGET: &str = "gusset::exception";

/// Where exceptions are told, by `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`.
///
/// Unset it is `logs`: the variable lets instrumentations that had span events before choose when to
/// give them up, and this one never had any. `logs/dup` is both.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exceptions {
    pub(crate) on_spans: bool,
}

/// What kind of call an exception ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    HttpServer,
    HttpClient,
    RpcServer,
    RpcClient,
}

macro_rules! tell {
    ($level:ident, $name:literal, $type:ident) => {
        tracing::event!(
            name: $name,
            target: TARGET,
            tracing::Level::$level,
            { crate::names::EXCEPTION_TYPE } = $type,
        )
    };
}

// === impl Exceptions ===

impl Exceptions {
    pub(crate) const ENV: &'static str = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";

    /// What is not known is warned of and ignored.
    pub(crate) fn from_lookup(env: impl Fn(&str) -> Option<String>) -> Self {
        let text = env(Self::ENV).unwrap_or_default();
        match text.trim() {
            "" | "logs" => Self { on_spans: false },
            "logs/dup" => Self { on_spans: true },
            _ => {
                tracing::warn!(
                    target: "gusset::trace",
                    "`{}` is neither `logs` nor `logs/dup`, and is ignored: it is `logs`",
                    Self::ENV
                );
                Self::default()
            }
        }
    }
}

// === impl Kind ===

impl Kind {
    /// An event of `tracing`, which a log makes a record of: of servers an error, of clients a warning.
    pub(crate) fn tell(self, error: StaticStr) {
        let kind = error.as_str();
        match self {
            Self::HttpServer => tell!(ERROR, "http.server.request.exception", kind),
            Self::HttpClient => tell!(WARN, "http.client.request.exception", kind),
            Self::RpcServer => tell!(ERROR, "rpc.server.call.exception", kind),
            Self::RpcClient => tell!(WARN, "rpc.client.call.exception", kind),
        }
    }
}

/// The same on a span, as it was before there were records for it.
pub(crate) fn on_span(error: StaticStr, time: std::time::SystemTime) -> SpanEvent {
    SpanEvent {
        name: SharedStr::from_static("exception"),
        time,
        attributes: vec![(crate::names::EXCEPTION_TYPE.into(), error.as_str().into())],
    }
}
