use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use gusset_core::Clock;
use gusset_data::{LogSink, Resource};
use tracing::Subscriber;
use tracing_subscriber::filter::{Filtered, Targets};
use tracing_subscriber::layer::Layer as _;
use tracing_subscriber::registry::LookupSpan;

use super::{LogLayer, Shared};
use crate::control::{Control, LogFilter, parse};
use crate::counters::{Counters, PerLevel};
use crate::format::line::RESERVE;
use crate::redact::Redaction;
use crate::writer::{Chores, FlushGuard, Queue, Writer};
use crate::{ConfigError, Format, SharedRecorder, lost};

/// Configures a [`LogLayer`]. What is not set is by convention.
#[must_use = "a builder writes nothing"]
pub struct LogLayerBuilder {
    format: Option<Format>,
    out: Option<Box<dyn Write + Send>>,
    lines: bool,
    sink: Option<Arc<dyn LogSink>>,
    filter: Option<Targets>,
    resource: Resource,
    redaction: Redaction,
    spans: bool,
    cap: usize,
    longest: usize,
    queue: usize,
    most: Option<NonZeroU32>,
    recorder: Option<SharedRecorder>,
    clock: Option<fn() -> SystemTime>,
}

/// A log: the layer for `tracing-subscriber`, and what goes with it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Log<S> {
    /// The layer, with its filter, for a registry of `tracing-subscriber`.
    pub layer: Filtered<LogLayer, LogFilter, S>,
    /// Changes the filter at run time.
    pub control: Control,
    /// To be held until the end of the program.
    pub guard: FlushGuard,
}

// === impl LogLayerBuilder ===

impl LogLayerBuilder {
    pub(super) fn new() -> Self {
        Self {
            format: None,
            out: None,
            lines: true,
            sink: None,
            filter: None,
            resource: Resource::new(),
            redaction: Redaction::default(),
            spans: true,
            cap: 16 << 10,
            longest: 8 << 10,
            queue: 1 << 20,
            most: None,
            recorder: None,
            clock: None,
        }
    }

    /// What lines look like; [`Format::auto`] unless set.
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Where lines go: standard output unless set. One thread writes there, many lines at once; it may
    /// be slow, and it may fail.
    pub fn writer(mut self, out: impl Write + Send + 'static) -> Self {
        self.out = Some(Box::new(out));
        self
    }

    /// Hands every line to an exporter too, as a record with the same redaction.
    pub fn sink(mut self, sink: impl LogSink) -> Self {
        self.sink = Some(Arc::new(sink));
        self
    }

    /// Writes no lines: for a service whose records go to an exporter alone.
    pub fn without_lines(mut self) -> Self {
        self.lines = false;
        self
    }

    /// Which lines are written, unless `RUST_LOG` says it; the syntax is the same. See [`Control`].
    ///
    /// # Errors
    /// If it is no filter.
    pub fn filter(mut self, filter: &str) -> Result<Self, ConfigError> {
        self.filter = Some(parse("filter", filter)?);
        Ok(self)
    }

    /// What lines are of: name, version and environment of the service stand on each. Nothing unless
    /// set: who gathers lines knows where they come from, as a rule.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = resource;
        self
    }

    /// What does not show; [`Redaction::default`] unless set.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Leaves out the spans that a line is written in.
    pub fn without_spans(mut self) -> Self {
        self.spans = false;
        self
    }

    /// The longest line, in bytes, from 2 KiB to 1 MiB: 16 KiB unless set, of which values have all but
    /// the last one.
    pub fn line_limit(mut self, bytes: usize) -> Self {
        self.cap = bytes;
        self
    }

    /// The longest value in a line, in bytes as written: 8 KiB unless set.
    pub fn value_limit(mut self, bytes: usize) -> Self {
        self.longest = bytes;
        self
    }

    /// How many bytes may wait to be written: 1 MiB unless set, at least four of the longest lines.
    pub fn queue_limit(mut self, bytes: usize) -> Self {
        self.queue = bytes;
        self
    }

    /// How many lines a second each place in the code may write; without limit unless set. The next line
    /// of that place says how many were left out. Lines of calls are not limited: see
    /// [`AccessLogBuilder::sample`](crate::AccessLogBuilder::sample).
    pub fn rate_limit(mut self, lines_per_second: NonZeroU32) -> Self {
        self.most = Some(lines_per_second);
        self
    }

    /// Counts lines there, by level, and lines that are lost.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Reads the time of lines there: for tests.
    pub fn clock(mut self, clock: fn() -> SystemTime) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Puts the log together, and begins to write. Of the environment, `RUST_LOG` is read, then
    /// `OTEL_LOG_LEVEL`, and `NO_COLOR` where the format is not set.
    ///
    /// # Errors
    /// Names the field, or the environment variable, that cannot be used; or the writer, if it gets no
    /// thread.
    pub fn build<S>(self) -> Result<Log<S>, ConfigError>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.build_with(|name| std::env::var(name).ok())
    }

    /// As [`build`](Self::build), with the environment given.
    ///
    /// # Errors
    /// Names the field, or the environment variable, that cannot be used; or the writer, if it gets no
    /// thread.
    pub fn build_with<S>(self, env: impl Fn(&str) -> Option<String>) -> Result<Log<S>, ConfigError>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let filter = self.wanted(&env)?;
        let Self {
            format,
            out,
            lines,
            sink,
            filter: _,
            resource,
            redaction,
            spans,
            cap,
            longest,
            queue,
            most,
            recorder,
            clock,
        } = self;
        let format = format.unwrap_or_else(|| {
            let is_terminal = out.is_none() && io::IsTerminal::is_terminal(&io::stdout());
            Format::choose(&env, is_terminal)
        });
        if !(2 * RESERVE..=1 << 20).contains(&cap) {
            return Err(ConfigError::new("line_limit", "not from 2 KiB to 1 MiB"));
        }
        if !(16..=cap).contains(&longest) {
            let why = "not from 16 bytes to the length of a line";
            return Err(ConfigError::new("value_limit", why));
        }
        if queue < 4 * cap {
            let why = "less than four of the longest lines";
            return Err(ConfigError::new("queue_limit", why));
        }
        if matches!(&format, Format::GoogleCloud { project: Some(project) } if !is_project(project))
        {
            return Err(ConfigError::new("format", "the project is no project's id"));
        }
        if matches!(&format, Format::Emf { namespace } if namespace.is_empty() || namespace.len() > 255)
        {
            return Err(ConfigError::new(
                "format",
                "a namespace has 1 to 255 characters",
            ));
        }
        let counters = recorder.as_ref().map(Counters::new).unwrap_or_default();
        let queue = Arc::new(Queue::new(queue, counters));
        let control = Control::new(filter, queue.clone());
        let shared = Arc::new(Shared {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            format,
            resource,
            writes_calls: Shared::writes_calls(&redaction, cap, longest),
            redaction,
            cap,
            longest,
            spans,
            saw_span: false.into(),
            most,
            queue: queue.clone(),
            lines,
            sink,
            clock,
            shapes: HashMap::new().into(),
        });
        let chores = Housekeeping {
            control: control.clone(),
            shared: shared.clone(),
        };
        let out = out.unwrap_or_else(|| Box::new(io::stdout()));
        Writer::new(out, chores, queue.clone())
            .spawn()
            .map_err(|error| ConfigError::new("writer", error))?;
        Ok(Log {
            layer: LogLayer {
                shared,
                control: control.clone(),
            }
            .with_filter(control.as_filter()),
            control,
            guard: FlushGuard::new(queue),
        })
    }

    /// The filter: of `RUST_LOG`, else the one set, else `OTEL_LOG_LEVEL`'s, else `info`.
    fn wanted(&self, env: impl Fn(&str) -> Option<String>) -> Result<Targets, ConfigError> {
        let env = |name| env(name).filter(|value| !value.trim().is_empty());
        if let Some(filter) = env("RUST_LOG") {
            return parse("RUST_LOG", filter.trim());
        }
        if let Some(filter) = &self.filter {
            return Ok(filter.clone());
        }
        let level = env("OTEL_LOG_LEVEL").unwrap_or_else(|| "info".to_owned());
        let level = match &*level.trim().to_ascii_lowercase() {
            // The names of OpenTelemetry's own that `tracing` has others for.
            "none" => "off".to_owned(),
            "verbose" | "all" => "trace".to_owned(),
            "warning" => "warn".to_owned(),
            "fatal" | "critical" => "error".to_owned(),
            level => level.to_owned(),
        };
        level
            .parse()
            .map(|level: tracing::level_filters::LevelFilter| Targets::new().with_default(level))
            .map_err(|error| ConfigError::new("OTEL_LOG_LEVEL", error))
    }
}

impl fmt::Debug for LogLayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLayerBuilder")
            .field("format", &self.format)
            .field("filter", &self.filter)
            .field("redaction", &self.redaction)
            .finish_non_exhaustive()
    }
}

fn is_project(project: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    (1..=64).contains(&project.len()) && project.bytes().all(fits)
}

/// What the thread that writes does beside it.
struct Housekeeping {
    control: Control,
    shared: Arc<Shared>,
}

// === impl Housekeeping ===

impl Chores for Housekeeping {
    fn due(&self) -> Option<Instant> {
        self.control.due()
    }

    fn run(&self) {
        self.control.revert_if_due(Clock::system().now());
    }

    fn lost(&self, lines: PerLevel) -> Vec<u8> {
        match self.shared.format.is_for_calls_only() {
            true => Vec::new(),
            false => lost::line(&self.shared, lines),
        }
    }
}
