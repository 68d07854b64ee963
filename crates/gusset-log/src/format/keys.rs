//! What a field is called in a format, and how its value is written there.

use super::Format;
use crate::names;

/// How a field's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As it is.
    Plain,
    /// What the line says.
    Message,
    /// Not at all: it is a secret.
    Redacted,
    /// A number as a text, where the format wants one.
    Quoted,
    /// Seconds, which were a whole number of nanoseconds.
    Seconds,
    /// Seconds as whole nanoseconds.
    Nanos,
    /// Seconds as a text with its unit.
    Latency,
    /// In the request that a line of the Common Log Format is made of.
    Slot(Slot),
    /// Left out.
    Hidden,
}

/// A part of a line of the Common Log Format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Client,
    Method,
    Path,
    Version,
    Status,
    Size,
    Referer,
    UserAgent,
}

/// What a field is called.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Inside of `httpRequest`.
    pub(crate) grouped: bool,
}

// === impl Key ===

impl Key {
    /// The key of a field of an access line, or of any other line.
    pub(crate) fn of(format: &Format, field: &str, is_access: bool) -> Self {
        if field == "message" {
            return Self::new("message", Kind::Message);
        }
        let kind = match field {
            _ if !is_access => Kind::Plain,
            names::SERVER_DURATION
            | names::CLIENT_DURATION
            | names::RPC_SERVER_DURATION
            | names::RPC_CLIENT_DURATION
            | names::SERVER_HEAD
            | names::CLIENT_HEAD
            | names::RUNNING => Kind::Seconds,
            _ => Kind::Plain,
        };
        match format {
            Format::Json | Format::Emf { .. } => Self::new(own(field), kind),
            Format::Ecs => Self::ecs(field, kind, is_access),
            Format::GoogleCloud { .. } => Self::google(field, kind, is_access),
            Format::Datadog => Self::datadog(field, kind, is_access),
            Format::Logfmt => Self::new(own(field), kind),
            Format::Pretty { .. } => Self::new(field, kind),
            Format::Common | Format::Combined => Self::clf(field),
        }
    }

    /// A field under that name, its value as it is.
    pub(crate) fn plain(name: impl Into<String>) -> Self {
        Self::new(name, Kind::Plain)
    }

    fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
            grouped: false,
        }
    }

    fn ecs(field: &str, kind: Kind, is_access: bool) -> Self {
        let (name, kind) = match field {
            "error" if !is_access => ("error.message", kind),
            _ if !is_access => return Self::label(field),
            names::METHOD
            | names::STATUS
            | names::PATH
            | names::QUERY
            | names::URL
            | names::SCHEME
            | names::USER_AGENT
            | names::CLIENT_ADDRESS
            | names::ERROR => (field, kind),
            names::SERVER_ADDRESS => ("destination.address", kind),
            names::SERVER_PORT => ("destination.port", kind),
            names::VERSION => ("http.version", kind),
            names::REFERER => ("http.request.referrer", kind),
            names::RESPONSE_SIZE => ("http.response.body.bytes", kind),
            names::REQUEST_SIZE => ("http.request.body.bytes", kind),
            names::SERVER_DURATION
            | names::CLIENT_DURATION
            | names::RPC_SERVER_DURATION
            | names::RPC_CLIENT_DURATION => ("event.duration", Kind::Nanos),
            _ => return Self::label(field),
        };
        Self::new(name, kind)
    }

    /// What the Elastic Common Schema does not know: labels are texts, and their names have no dots.
    fn label(field: &str) -> Self {
        let label = field.replace(['.', '*', '\\'], "_");
        Self::new(format!("labels.{label}"), Kind::Quoted)
    }

    fn google(field: &str, kind: Kind, is_access: bool) -> Self {
        let (name, kind) = match field {
            _ if !is_access => return Self::new(own(field), kind),
            names::METHOD => ("requestMethod", kind),
            names::PATH | names::URL => ("requestUrl", kind),
            names::STATUS => ("status", kind),
            // 64-bit numbers are texts in JSON of protocol buffers.
            names::RESPONSE_SIZE => ("responseSize", Kind::Quoted),
            names::REQUEST_SIZE => ("requestSize", Kind::Quoted),
            names::USER_AGENT => ("userAgent", kind),
            names::CLIENT_ADDRESS => ("remoteIp", kind),
            names::REFERER => ("referer", kind),
            names::SERVER_DURATION | names::CLIENT_DURATION => ("latency", Kind::Latency),
            _ => return Self::new(own(field), kind),
        };
        Self {
            name: name.to_owned(),
            kind,
            grouped: true,
        }
    }

    fn datadog(field: &str, kind: Kind, is_access: bool) -> Self {
        let (name, kind) = match field {
            _ if !is_access => return Self::new(own(field), kind),
            names::METHOD => ("http.method", kind),
            names::PATH => ("http.url_details.path", kind),
            names::URL => ("http.url", kind),
            names::STATUS => ("http.status_code", kind),
            names::USER_AGENT => ("http.useragent", kind),
            names::REFERER => ("http.referer", kind),
            names::VERSION => ("http.version", kind),
            names::CLIENT_ADDRESS => ("network.client.ip", kind),
            names::RESPONSE_SIZE => ("network.bytes_written", kind),
            names::REQUEST_SIZE => ("network.bytes_read", kind),
            names::ERROR => ("error.kind", kind),
            names::SERVER_DURATION
            | names::CLIENT_DURATION
            | names::RPC_SERVER_DURATION
            | names::RPC_CLIENT_DURATION => ("duration", Kind::Nanos),
            _ => return Self::new(own(field), kind),
        };
        Self::new(name, kind)
    }

    fn clf(field: &str) -> Self {
        let slot = match field {
            names::CLIENT_ADDRESS => Slot::Client,
            names::METHOD => Slot::Method,
            names::PATH | names::URL | names::RPC_METHOD => Slot::Path,
            names::VERSION => Slot::Version,
            names::STATUS => Slot::Status,
            names::RESPONSE_SIZE => Slot::Size,
            names::REFERER => Slot::Referer,
            names::USER_AGENT => Slot::UserAgent,
            _ => return Self::new("", Kind::Hidden),
        };
        Self::new("", Kind::Slot(slot))
    }
}

/// A field under its own name, unless the line has a use for that name.
fn own(field: &str) -> String {
    const TAKEN: [&str; 28] = [
        "timestamp",
        "time",
        "ts",
        "level",
        "severity",
        "status",
        "target",
        "logger.name",
        "duration",
        "httpRequest",
        "_aws",
        "dd.trace_id",
        "dd.span_id",
        "dd.service",
        "dd.env",
        "dd.version",
        "span",
        "http.request_id",
        "service.name",
        "service.version",
        "deployment.environment.name",
        names::TRACE_ID,
        names::SPAN_ID,
        names::TRACE_FLAGS,
        names::REQUEST_ID,
        names::TRUNCATED,
        names::SUPPRESSED,
        names::SPANS,
    ];
    if TAKEN.contains(&field) || field.starts_with("logging.googleapis.com/") {
        format!("field.{field}")
    } else {
        field.to_owned()
    }
}
