use std::fmt;
use std::io::Write;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::SystemTime;

use gusset_core::ConfigError;
use gusset_data::{ContainedSink, LogSink, Resource, SharedRecorder};
use tracing_subscriber::filter::{Filtered, Targets};

use super::log_layer::LogLayer;
use super::state::LayerConfig;
use crate::directives::parse;
use crate::file::{LogFile, LogFileHandle};
use crate::filter_handle::{FilterHandle, LogFilter};
use crate::format::Format;
use crate::redact::Redaction;
use crate::writer::FlushGuard;

/// Configures a [`LogLayer`].
#[must_use = "a builder does nothing until it is built"]
pub struct LogLayerBuilder {
    pub(super) format: Option<Format>,
    pub(super) out: Option<Box<dyn Write + Send>>,
    pub(super) file: Option<LogFile>,
    pub(super) filter: Option<Targets>,
    pub(super) export_filter: Option<Targets>,
    pub(super) config: LayerConfig,
    pub(super) max_queue_bytes: usize,
    pub(super) recorder: Option<SharedRecorder>,
    pub(super) clock: Option<fn() -> SystemTime>,
    pub(super) resource: Option<Resource>,
    pub(super) default_resource: Option<Resource>,
}

/// A layer for `tracing-subscriber` with the handles that belong to it.
#[derive(Debug)]
#[non_exhaustive]
pub struct LogPipeline<S> {
    /// The layer with its filter, for a registry of `tracing-subscriber`.
    pub layer: Filtered<LogLayer, LogFilter, S>,
    /// Changes the filter at run time.
    pub filter_handle: FilterHandle,
    /// Writes the remaining entries when it is dropped. Hold it until the end of `main`.
    pub flush_guard: FlushGuard,
    /// Reopens the file, if entries are written to one.
    pub file_handle: Option<LogFileHandle>,
}

const DEFAULT_MAX_LINE_BYTES: usize = 16 << 10;
const DEFAULT_MAX_VALUE_BYTES: usize = 8 << 10;
const DEFAULT_MAX_QUEUE_BYTES: usize = 1 << 20;

// === impl LogLayer ===

impl LogLayer {
    /// Returns a builder.
    pub fn builder() -> LogLayerBuilder {
        LogLayerBuilder::new()
    }
}

// === impl LogLayerBuilder ===

impl LogLayerBuilder {
    fn new() -> Self {
        Self {
            format: None,
            out: None,
            file: None,
            filter: None,
            export_filter: None,
            config: LayerConfig {
                sink: None,
                has_output: true,
                resource: Resource::new(),
                redaction: Redaction::default(),
                include_spans: true,
                max_line_bytes: DEFAULT_MAX_LINE_BYTES,
                max_value_bytes: DEFAULT_MAX_VALUE_BYTES,
                rate_limit: None,
                source_location: false,
                export_span_fields: false,
                log_span_end: false,
                sampled_only: false,
            },
            max_queue_bytes: DEFAULT_MAX_QUEUE_BYTES,
            recorder: None,
            clock: None,
            resource: None,
            default_resource: None,
        }
    }

    /// Sets the format. Defaults to [`Format::auto`]. Overridden by `GUSSET_LOGS_FORMAT` ([`Format::ENV`]).
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the writer. Defaults to standard output.
    ///
    /// One thread writes many entries at a time. The writer may be slow and may fail.
    pub fn writer(mut self, out: impl Write + Send + 'static) -> Self {
        self.out = Some(Box::new(out));
        self.file = None;
        self
    }

    /// Writes entries to this file, instead of a writer. The recorder counts its errors
    /// ([`FILE_ERRORS`](crate::names::FILE_ERRORS)).
    ///
    /// Without a file and a writer, the variable `GUSSET_LOGS_FILE` has the path of one, with
    /// `GUSSET_LOGS_FILE_MAX_BYTES`, `GUSSET_LOGS_FILE_MAX_FILES` and, with the feature `sighup`,
    /// `GUSSET_LOGS_FILE_REOPEN_ON_SIGHUP=true`. If it cannot be opened, entries go to standard output.
    pub fn file(mut self, file: LogFile) -> Self {
        self.file = Some(file);
        self.out = None;
        self
    }

    /// Exports every entry as a record too, with the same redaction.
    pub fn sink(mut self, sink: impl LogSink) -> Self {
        self.config.sink = Some(Arc::new(ContainedSink::new(sink, report_sink_panic)));
        self
    }

    /// Writes no entries. For a service that only exports records to a sink.
    pub fn without_output(mut self) -> Self {
        self.config.has_output = false;
        self
    }

    /// Sets the filter, in the syntax of `RUST_LOG`. Overridden by `RUST_LOG`; see [`FilterHandle`].
    ///
    /// # Errors
    /// If the filter is not valid.
    pub fn filter(mut self, filter: &str) -> Result<Self, ConfigError> {
        self.filter = Some(parse("filter", filter)?);
        Ok(self)
    }

    /// Sets a filter of its own for exported records, in the same syntax. Defaults to that of the entries.
    ///
    /// Overridden by `GUSSET_LOGS_FILTER`. It does not change at run time.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_log::ConfigError> {
    /// use gusset_log::LogLayer;
    ///
    /// // Everything in the terminal, warnings in the collector.
    /// let log = LogLayer::builder().filter("debug")?.export_filter("warn")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the filter is not valid.
    pub fn export_filter(mut self, filter: &str) -> Result<Self, ConfigError> {
        self.export_filter = Some(parse("export_filter", filter)?);
        Ok(self)
    }

    /// Adds the fields of the spans that an event occurred in to its exported record. Off by default. Costs
    /// an allocation for each field.
    ///
    /// The event's own field keeps its name, and of several spans the innermost one.
    pub fn export_span_fields(mut self) -> Self {
        self.config.export_span_fields = true;
        self
    }

    /// Writes an entry when a span ends, with its duration in seconds
    /// ([`GUSSET_SPAN_DURATION`](crate::names::GUSSET_SPAN_DURATION)). Off by default.
    ///
    /// The entry has the level, the target, the ids and the fields of the span. The time is that of the
    /// monotonic clock from creation to end.
    pub fn log_span_end(mut self) -> Self {
        self.config.log_span_end = true;
        self
    }

    /// Leaves out entries below `WARN` of calls whose trace is not sampled, access log entries and exported
    /// records too. Off by default.
    ///
    /// Entries outside of calls are written. What is decided is the sampled flag of the span (bit 0 of
    /// `trace_flags`): a call that a tail sampler exports at its end counts as not sampled.
    ///
    /// ```
    /// use gusset_log::LogLayer;
    /// use tracing_subscriber::layer::SubscriberExt as _;
    ///
    /// # fn main() -> Result<(), gusset_log::ConfigError> {
    /// let log = LogLayer::builder().sampled_only().writer(std::io::sink()).build()?;
    /// let subscriber = tracing_subscriber::registry().with(log.layer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sampled_only(mut self) -> Self {
        self.config.sampled_only = true;
        self
    }

    /// Adds `service.name`, `service.version` and `deployment.environment.name` to every log entry.
    ///
    /// Off by default, because log collectors usually add them, except for ECS and Datadog: see
    /// [`default_resource`](Self::default_resource).
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Sets the resource of ECS (`service.name`, `service.version`, `service.environment`,
    /// `service.node.name`) and Datadog (`dd.service`, `dd.version`, `dd.env`), whose readers expect it.
    ///
    /// Defaults to `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`. A service without a name has none
    /// in its entries.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_log::ConfigError> {
    /// use gusset_data::Resource;
    /// use gusset_log::{Format, LogLayer};
    ///
    /// let shop = Resource::new().with("service.name", "shop");
    /// let log = LogLayer::builder().format(Format::Ecs).default_resource(shop).build()?;
    /// # use tracing_subscriber::layer::SubscriberExt as _;
    /// let subscriber = tracing_subscriber::registry().with(log.layer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn default_resource(mut self, resource: Resource) -> Self {
        self.default_resource = Some(resource);
        self
    }

    /// Sets what is redacted. Defaults to [`Redaction::default`].
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.config.redaction = redaction;
        self
    }

    /// Omits the fields of the spans that an event occurred in.
    pub fn without_spans(mut self) -> Self {
        self.config.include_spans = false;
        self
    }

    /// Sets the maximum length of an entry, from 2 KiB to 1 MiB. Defaults to 16 KiB.
    ///
    /// 1 KiB of it is reserved for the end of the entry; values share the rest.
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.config.max_line_bytes = bytes;
        self
    }

    /// Sets the maximum length of an escaped value, from 16 bytes to the maximum length of an entry.
    /// Defaults to 8 KiB.
    pub fn max_value_bytes(mut self, bytes: usize) -> Self {
        self.config.max_value_bytes = bytes;
        self
    }

    /// Sets the maximum size of the queue, at least four times the maximum length of an entry. Defaults
    /// to 1 MiB.
    pub fn max_queue_bytes(mut self, bytes: usize) -> Self {
        self.max_queue_bytes = bytes;
        self
    }

    /// Limits the entries per second of each callsite. Unlimited by default.
    ///
    /// The next entry of the callsite reports how many were suppressed. Access log entries are not
    /// limited: see [`AccessLogBuilder::sampling`](crate::AccessLogBuilder::sampling).
    pub fn rate_limit(mut self, entries_per_second: NonZeroU32) -> Self {
        self.config.rate_limit = Some(entries_per_second);
        self
    }

    /// Adds the source location to every entry and record, as `code.file.path` and `code.line.number`. Off
    /// by default.
    ///
    /// ECS and Google Cloud have it in any case, and so have the records of the `log` crate. Access log
    /// entries have none, nor have events with a field of one of these names.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_log::ConfigError> {
    /// use gusset_log::LogLayer;
    ///
    /// let log = LogLayer::builder().source_location().writer(std::io::sink()).build()?;
    /// # use tracing_subscriber::layer::SubscriberExt as _;
    /// let subscriber = tracing_subscriber::registry().with(log.layer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn source_location(mut self) -> Self {
        self.config.source_location = true;
        self
    }

    /// Counts written and dropped entries with this recorder ([`names::ALL`](crate::names::ALL)).
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Sets the clock of timestamps, for tests.
    pub fn clock(mut self, clock: fn() -> SystemTime) -> Self {
        self.clock = Some(clock);
        self
    }
}

impl fmt::Debug for LogLayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLayerBuilder")
            .field("format", &self.format)
            .field("filter", &self.filter)
            .field("redaction", &self.config.redaction)
            .finish_non_exhaustive()
    }
}

/// Logs that the sink panicked.
#[cold]
fn report_sink_panic() {
    tracing::error!(
        target: "gusset::log",
        "the sink of log records panicked, records are lost; further panics are not logged"
    );
}
