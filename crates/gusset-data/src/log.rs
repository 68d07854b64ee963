//! A line of a log as a record, and who takes it.

use std::sync::Arc;
use std::time::SystemTime;

use crate::{Attribute, SharedStr};

/// One record, as OpenTelemetry's log data model has it.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "made by one crate and read by another; each must know all of it"
)]
pub struct LogRecord {
    /// When it happened.
    pub time: SystemTime,
    /// How grave it is.
    pub severity: Severity,
    /// The instrumentation scope: the target of a `tracing` event.
    pub scope: SharedStr,
    /// Which kind of event, if it is one of a known kind: `http.server.request.exception`.
    pub event_name: Option<SharedStr>,
    /// What is said.
    pub body: SharedStr,
    /// What is known of it.
    pub attributes: Vec<Attribute>,
    /// How many attributes a limit left out.
    pub dropped_attributes: u32,
    /// The trace it belongs to.
    pub trace_id: Option<[u8; 16]>,
    /// The span it belongs to.
    pub span_id: Option<[u8; 8]>,
    /// W3C's trace flags of that span.
    pub flags: u8,
}

/// How grave a record is: OpenTelemetry's `SeverityNumber`, of each range the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// 1
    Trace,
    /// 5
    Debug,
    /// 9
    Info,
    /// 13
    Warn,
    /// 17
    Error,
    /// 21
    Fatal,
}

// === impl Severity ===

impl Severity {
    /// OpenTelemetry's number.
    ///
    /// ```
    /// use gusset_data::Severity;
    ///
    /// assert_eq!(Severity::Info.number(), 9);
    /// assert_eq!(Severity::Info.as_str(), "INFO");
    /// ```
    pub const fn number(self) -> u8 {
        match self {
            Self::Trace => 1,
            Self::Debug => 5,
            Self::Info => 9,
            Self::Warn => 13,
            Self::Error => 17,
            Self::Fatal => 21,
        }
    }

    /// OpenTelemetry's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

impl From<tracing::Level> for Severity {
    fn from(level: tracing::Level) -> Self {
        match level {
            tracing::Level::TRACE => Self::Trace,
            tracing::Level::DEBUG => Self::Debug,
            tracing::Level::INFO => Self::Info,
            tracing::Level::WARN => Self::Warn,
            tracing::Level::ERROR => Self::Error,
        }
    }
}

/// Takes records.
///
/// Called where something is logged: it must not block, wait or panic, nor log with `tracing` what it
/// would take itself. What cannot be taken is dropped, and counted by the sink.
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes no log records",
    label = "implement `gusset_data::LogSink`: one method, `export`"
)]
pub trait LogSink: Send + Sync + 'static {
    /// Takes a record.
    fn export(&self, record: LogRecord);

    /// Whether one more record would be taken: asked once for each, before it is put together. A sink
    /// that has no room says no, and has counted a record as lost.
    fn admit(&self) -> bool {
        true
    }
}

impl<S: LogSink + ?Sized> LogSink for Arc<S> {
    fn export(&self, record: LogRecord) {
        (**self).export(record);
    }

    fn admit(&self) -> bool {
        (**self).admit()
    }
}
