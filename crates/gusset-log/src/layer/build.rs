//! Builds a [`LogLayer`] from its settings.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use gusset_core::{Clock, ConfigError, Env};
use gusset_data::Resource;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Layer as _;
use tracing_subscriber::registry::LookupSpan;

use super::builder::{LogLayerBuilder, LogPipeline};
use super::drop_report;
use super::log_layer::LogLayer;
use super::site_templates::SiteTemplates;
use super::state::{LayerConfig, LayerState, WallClock};
use crate::counters::Counters;
use crate::directives;
use crate::file::{LogFile, variables};
use crate::filter_handle::FilterHandle;
use crate::format::Format;
use crate::format::line_buffer::TAIL_RESERVE;
use crate::format::variable::{self, is_project_id};
use crate::level::PerLevel;
use crate::names;
use crate::writer::{BackgroundTasks, FlushGuard, Queue, Writer};

/// Half of the shortest entry is its reserve.
const MIN_LINE_BYTES: usize = 2 * TAIL_RESERVE;
const MAX_LINE_BYTES: usize = 1 << 20;

impl LogLayerBuilder {
    /// Builds the layer and starts the writer's thread.
    ///
    /// It reads the environment variables `RUST_LOG`, `GUSSET_LOGS_FILTER` and `GUSSET_LOGS_FORMAT`
    /// ([`Format::ENV`]), those of [`file`](Self::file), and `NO_COLOR` and `TERM` for a terminal. A variable, or a part of it, that is not valid is ignored, and the first entry warns
    /// of it, whatever the filter is.
    ///
    /// # Errors
    /// If a setting is not valid, or if the thread cannot be started. The error names the setting.
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
        // `OTEL_LOG_LEVEL` is the level of what an SDK logs about itself, and not that of a service.
        let mut warnings = Vec::new();
        let mut filter_of = |variable, configured: Option<Targets>| {
            directives::from_env(variable, env, &mut warnings).or(configured)
        };
        let filter = filter_of("RUST_LOG", self.filter);
        let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
        let export_filter = filter_of("GUSSET_LOGS_FILTER", self.export_filter);
        let Self {
            format,
            out,
            file,
            mut config,
            max_queue_bytes,
            recorder,
            clock,
            resource,
            default_resource,
            ..
        } = self;
        let file = match &out {
            None => file.or_else(|| variables::file(env, &mut warnings)),
            Some(_) => None,
        };
        let is_stdout = out.is_none() && file.is_none();
        let is_terminal = is_stdout && io::IsTerminal::is_terminal(&io::stdout());
        let format = variable::format(env, is_terminal, format.as_ref(), &mut warnings)
            .or(format)
            .unwrap_or_else(|| Format::detect(env, is_terminal));
        config.resource = match resource {
            Some(resource) => resource,
            None if format.expects_resource() => {
                default_resource.unwrap_or_else(|| Resource::from_env_in(env))
            }
            None => Resource::new(),
        };
        let counters = recorder.as_ref().map(Counters::new).unwrap_or_default();
        let queue = Arc::new(Queue::new(max_queue_bytes, counters));
        let filter_handle = FilterHandle::new(filter, export_filter, queue.clone());
        let state = Arc::new(LayerState {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            format,
            has_fast_path: config.has_fast_path(),
            config,
            saw_span: false.into(),
            queue: queue.clone(),
            clock: clock.map_or(WallClock::System, WallClock::given),
            templates: HashMap::new().into(),
            log_sites: SiteTemplates::default(),
            ended_spans: SiteTemplates::default(),
        });
        let tasks = LayerTasks {
            filter_handle: filter_handle.clone(),
            state: state.clone(),
        };
        state.warn_of_settings(warnings);
        let file_handle = file.as_ref().map(LogFile::handle);
        if let (Some(file), Some(recorder)) = (&file, &recorder) {
            file.set_counter(names::FILE_ERRORS.counter(recorder, Vec::new()));
        }
        let out: Box<dyn Write + Send> = match (out, file) {
            (Some(out), _) => out,
            (None, Some(file)) => Box::new(file),
            (None, None) => Box::new(io::stdout()),
        };
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
            file_handle,
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
