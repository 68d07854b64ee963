//! The settings of sinks.

use std::sync::Arc;

use gusset_data::{LogSink, SpanSink};

use super::TelemetryBuilder;

impl TelemetryBuilder {
    /// Adds a sink of ended spans: those of calls, and those of the service's `tracing` spans. Defaults to none.
    ///
    /// It is another destination, besides the OTLP pipeline, if that is configured, and the sinks of other calls of
    /// this method. Of several destinations, each has a queue of its own, so that one that is slow, full or panics
    /// neither holds nor starves the others: a sink without one is put behind a
    /// [`QueuedSink`](gusset_data::QueuedSink). Spans that its queue drops are counted as
    /// `otel.sdk.processor.span.processed` with `otel.component.name="queued_span_processor/0"`, by the number of the
    /// sink, and `error.type="queue_full"`. Each destination but one costs a clone of the span.
    ///
    /// A single destination is called on the thread of the call, so it must not block: see [`SpanSink`].
    ///
    /// A shutdown and a flush wait for the sinks ([`SpanSink::flush`]), by the same deadline.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gusset::data::{SpanData, SpanSink};
    ///
    /// struct Print;
    /// impl SpanSink for Print {
    ///     fn export(&self, span: SpanData) {
    ///         println!("{}", span.name);
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().spans(Print).build_with(|_| None)?;
    /// // … serve with `telemetry.http()`
    /// let report = telemetry.shutdown(Duration::from_secs(5));
    /// assert_eq!(report.not_taken_by_sinks(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn spans(mut self, sink: impl SpanSink) -> Self {
        self.sinks.spans.push(Arc::new(sink));
        self
    }

    /// Adds a sink of log records: those of the access log, and of all entries that the export filter lets through.
    /// Defaults to none.
    ///
    /// Several destinations, the deadline and the cost are as for [`spans`](Self::spans); the metric is
    /// `otel.sdk.processor.log.processed`, with `queued_log_processor/0`. The log is written all the same.
    ///
    /// ```
    /// use gusset::data::{LogRecord, LogSink};
    ///
    /// struct Print;
    /// impl LogSink for Print {
    ///     fn export(&self, record: LogRecord) {
    ///         println!("{}", record.body);
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().logs(Print).build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn logs(mut self, sink: impl LogSink) -> Self {
        self.sinks.logs.push(Arc::new(sink));
        self
    }
}
