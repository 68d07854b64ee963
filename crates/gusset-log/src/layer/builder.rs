use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use gusset_core::{Clock, ConfigError, Env};
use gusset_data::{LogSink, Resource, SharedRecorder};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{Filtered, Targets};
use tracing_subscriber::layer::Layer as _;
use tracing_subscriber::registry::LookupSpan;

use super::drop_report;
use super::log_layer::LogLayer;
use super::log_sites::LogSites;
use super::state::{LayerConfig, LayerState, WallClock};
use crate::counters::Counters;
use crate::filter_handle::{FilterHandle, LogFilter, parse};
use crate::format::Format;
use crate::format::line_buffer::TAIL_RESERVE;
use crate::level::PerLevel;
use crate::redact::Redaction;
use crate::writer::{BackgroundTasks, FlushGuard, Queue, Writer};

/// Configures a [`LogLayer`].
#[must_use = "a builder does nothing until it is built"]
pub struct LogLayerBuilder {
    format: Option<Format>,
    out: Option<Box<dyn Write + Send>>,
    filter: Option<Targets>,
    config: LayerConfig,
    max_queue_bytes: usize,
    recorder: Option<SharedRecorder>,
    clock: Option<fn() -> SystemTime>,
    resource: Option<Resource>,
    default_resource: Option<Resource>,
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
}

const DEFAULT_MAX_LINE_BYTES: usize = 16 << 10;
const DEFAULT_MAX_VALUE_BYTES: usize = 8 << 10;
const DEFAULT_MAX_QUEUE_BYTES: usize = 1 << 20;
/// Half of the shortest entry is its reserve.
const MIN_LINE_BYTES: usize = 2 * TAIL_RESERVE;
const MAX_LINE_BYTES: usize = 1 << 20;

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
            filter: None,
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
            },
            max_queue_bytes: DEFAULT_MAX_QUEUE_BYTES,
            recorder: None,
            clock: None,
            resource: None,
            default_resource: None,
        }
    }

    /// Sets the format. Defaults to [`Format::auto`].
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the writer. Defaults to standard output.
    ///
    /// One thread writes many entries at a time. The writer may be slow and may fail.
    pub fn writer(mut self, out: impl Write + Send + 'static) -> Self {
        self.out = Some(Box::new(out));
        self
    }

    /// Exports every entry as a record too, with the same redaction.
    pub fn sink(mut self, sink: impl LogSink) -> Self {
        self.config.sink = Some(Arc::new(sink));
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

    /// Builds the layer and starts the writer's thread.
    ///
    /// It reads the environment variable `RUST_LOG`, and `NO_COLOR` and `TERM` if no format is set.
    ///
    /// # Errors
    /// If a setting or an environment variable is not valid, or if the thread cannot be started. The
    /// error names the setting.
    pub fn build<S>(self) -> Result<LogPipeline<S>, ConfigError>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.build_in(Env::process())
    }

    /// Builds the layer as [`build`](Self::build), with the given environment variables.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with<S>(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<LogPipeline<S>, ConfigError>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.build_in(Env::from_fn(&env))
    }

    /// Builds the layer as [`build`](Self::build), with the variables of `env`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_in<S>(self, env: Env<'_>) -> Result<LogPipeline<S>, ConfigError>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        self.check()?;
        let filter = self.initial_filter(env)?;
        let Self {
            format,
            out,
            filter: _,
            mut config,
            max_queue_bytes,
            recorder,
            clock,
            resource,
            default_resource,
        } = self;
        let format = format.unwrap_or_else(|| {
            let is_terminal = out.is_none() && io::IsTerminal::is_terminal(&io::stdout());
            Format::detect(env, is_terminal)
        });
        config.resource = match resource {
            Some(resource) => resource,
            None if format.expects_resource() => {
                default_resource.unwrap_or_else(|| Resource::from_env_in(env))
            }
            None => Resource::new(),
        };
        let counters = recorder.as_ref().map(Counters::new).unwrap_or_default();
        let queue = Arc::new(Queue::new(max_queue_bytes, counters));
        let filter_handle = FilterHandle::new(filter, queue.clone());
        let state = Arc::new(LayerState {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            format,
            has_fast_path: config.has_fast_path(),
            config,
            saw_span: false.into(),
            queue: queue.clone(),
            clock: clock.map_or(WallClock::System, WallClock::given),
            templates: HashMap::new().into(),
            log_sites: LogSites::default(),
        });
        let tasks = LayerTasks {
            filter_handle: filter_handle.clone(),
            state: state.clone(),
        };
        let out = out.unwrap_or_else(|| Box::new(io::stdout()));
        Writer::new(out, tasks, queue.clone())
            .spawn()
            .map_err(|error| ConfigError::new("writer", error))?;
        let layer = LogLayer {
            state,
            filter_handle: filter_handle.clone(),
        };
        Ok(LogPipeline {
            layer: layer.with_filter(filter_handle.to_filter()),
            filter_handle,
            flush_guard: FlushGuard::new(queue),
        })
    }

    fn check(&self) -> Result<(), ConfigError> {
        let LayerConfig {
            max_line_bytes,
            max_value_bytes,
            ..
        } = &self.config;
        let (project, namespace) = match &self.format {
            Some(Format::GoogleCloud { project }) => (project.as_deref(), None),
            Some(Format::Emf { namespace }) => (None, Some(namespace)),
            _ => (None, None),
        };
        let check = |is_valid: bool, setting, reason| match is_valid {
            true => Ok(()),
            false => Err(ConfigError::new(setting, reason)),
        };
        let is_valid = (MIN_LINE_BYTES..=MAX_LINE_BYTES).contains(max_line_bytes);
        check(is_valid, "max_line_bytes", "not from 2 KiB to 1 MiB")?;
        let is_valid = (16..=*max_line_bytes).contains(max_value_bytes);
        let reason = "not from 16 bytes to `max_line_bytes`";
        check(is_valid, "max_value_bytes", reason)?;
        let is_valid = self.max_queue_bytes / 4 >= *max_line_bytes;
        let reason = "less than four times `max_line_bytes`";
        check(is_valid, "max_queue_bytes", reason)?;
        let is_valid = project.is_none_or(is_project_id);
        check(is_valid, "format", "not a valid Google Cloud project id")?;
        let is_valid = namespace.is_none_or(|namespace| (1..=255).contains(&namespace.len()));
        let reason = "a CloudWatch namespace has 1 to 255 characters";
        check(is_valid, "format", reason)
    }

    /// Returns the filter: `RUST_LOG`, else the configured one, else `info`.
    ///
    /// `OTEL_LOG_LEVEL` is the level of what an SDK logs about itself, and not that of a service.
    fn initial_filter(&self, env: Env<'_>) -> Result<Targets, ConfigError> {
        match env.var("RUST_LOG") {
            Ok(Some(filter)) => return parse("RUST_LOG", &filter),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(target: "gusset::log", "ignoring {error}; the default is used");
            }
        }
        let default = || Targets::new().with_default(LevelFilter::INFO);
        Ok(self.filter.clone().unwrap_or_else(default))
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

fn is_project_id(project: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    (1..=64).contains(&project.len()) && project.bytes().all(is_allowed)
}

struct LayerTasks {
    filter_handle: FilterHandle,
    state: Arc<LayerState>,
}

// === impl LayerTasks ===

impl BackgroundTasks for LayerTasks {
    fn next_run(&self) -> Option<Instant> {
        self.filter_handle.reverts_at()
    }

    fn run(&self) {
        self.filter_handle.revert_if_due(Clock::system().now());
    }

    fn drop_report(&self, dropped: PerLevel) -> Vec<u8> {
        match self.state.format.is_access_only() {
            true => Vec::new(),
            false => drop_report::encode(&self.state, dropped),
        }
    }
}
