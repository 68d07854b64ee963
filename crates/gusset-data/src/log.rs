//! Log records and the sinks that receive them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::{Attribute, SharedStr};

/// One log record of OpenTelemetry's log data model.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "created in one crate and read in another; both need every field"
)]
pub struct LogRecord {
    /// The time of the event.
    pub time: SystemTime,
    /// The severity.
    pub severity: Severity,
    /// The instrumentation scope: the target of a `tracing` event.
    pub scope: SharedStr,
    /// The name of the event, for example `http.server.request.exception`, if it has one.
    pub event_name: Option<SharedStr>,
    /// The message.
    pub body: SharedStr,
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// The number of attributes dropped because of a limit.
    pub dropped_attributes: u32,
    /// The trace that the record belongs to.
    pub trace_id: Option<[u8; 16]>,
    /// The span that the record belongs to.
    pub span_id: Option<[u8; 8]>,
    /// The W3C trace flags of that span.
    pub flags: u8,
}

/// The severity of a log record: the lowest number of each range of OpenTelemetry's `SeverityNumber`.
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
    /// Returns OpenTelemetry's `SeverityNumber`.
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

    /// Returns OpenTelemetry's `SeverityText`.
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

/// Receives log records.
///
/// The methods are called on the thread that logs. They must not block, wait or panic, nor log events
/// with `tracing` that they would receive themselves. A sink drops and counts the records for which it
/// has no capacity.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sink for log records",
    label = "implement `gusset_data::LogSink`: one method, `export`"
)]
pub trait LogSink: Send + Sync + 'static {
    /// Exports a record.
    fn export(&self, record: LogRecord);

    /// Returns whether the sink has capacity for one more record.
    ///
    /// It is called before a record is built. After `false`, it is not built, and
    /// [`count_dropped`](Self::count_dropped) is called instead. Defaults to `true`.
    fn has_capacity(&self) -> bool {
        true
    }

    /// Counts a record as dropped that was not built, because there was no capacity. Defaults to nothing.
    fn count_dropped(&self) {}

    /// Returns whether the sink has a queue of its own, so that its methods return at once, whatever its
    /// destination does.
    ///
    /// A sink that shares the records with another one and has no queue is put behind one (`QueuedSink`). Defaults to
    /// `false`.
    fn has_queue(&self) -> bool {
        false
    }

    /// Delivers what the sink has buffered. Returns whether that was complete before the timeout.
    ///
    /// It is called by a flush and at the end of telemetry, and may block that thread until the timeout. Defaults to
    /// `true`, for sinks that buffer nothing, or that their owner flushes.
    fn flush(&self, timeout: Duration) -> bool {
        let _ = timeout;
        true
    }
}

impl<S: LogSink + ?Sized> LogSink for Arc<S> {
    fn export(&self, record: LogRecord) {
        (**self).export(record);
    }

    fn has_capacity(&self) -> bool {
        (**self).has_capacity()
    }

    fn count_dropped(&self) {
        (**self).count_dropped();
    }

    fn has_queue(&self) -> bool {
        (**self).has_queue()
    }

    fn flush(&self, timeout: Duration) -> bool {
        (**self).flush(timeout)
    }
}
