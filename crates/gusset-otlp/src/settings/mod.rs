//! What is sent, where to and how: code, else environment, else OpenTelemetry's defaults.

mod endpoint;
mod env;
mod headers;
mod target;

use std::time::Duration;

use crate::encode::Limits;
use crate::voice::Voice;
use crate::{ConfigError, Signal};

pub(crate) use endpoint::Endpoint;
pub(crate) use env::Env;
#[cfg(feature = "tls")]
pub(crate) use target::Trust;
pub(crate) use target::{Code, Target, header};

/// All that is set.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) voice: Voice,
    /// `OTEL_SDK_DISABLED`
    pub(crate) disabled: bool,
    pub(crate) roads: [Roads; 3],
    pub(crate) spans: Batching,
    pub(crate) logs: Batching,
    pub(crate) log_limits: Limits,
    pub(crate) metrics: Reading,
}

/// Where one signal goes.
#[derive(Debug, Default)]
pub(crate) struct Roads {
    pub(crate) otlp: Option<Target>,
    pub(crate) console: bool,
    /// Somebody else's, and no reason to say that the signal goes nowhere.
    pub(crate) prometheus: bool,
    /// `OTEL_…_EXPORTER` is set.
    pub(crate) chosen: bool,
}

/// How spans or records are gathered: `OTEL_BSP_*`, `OTEL_BLRP_*`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batching {
    pub(crate) delay: Duration,
    pub(crate) queue: usize,
    pub(crate) size: usize,
    /// For one batch, with all of its retries.
    pub(crate) timeout: Duration,
}

/// How metrics are read: `OTEL_METRIC_EXPORT_*` and the preferred temporality.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) delta: bool,
}

/// Variables of the specification that set up telemetry, and not here: who sets one is told.
const NOT_READ: [&str; 3] = [
    "OTEL_CONFIG_FILE",
    "OTEL_EXPERIMENTAL_CONFIG_FILE",
    "OTEL_ENTITIES",
];

// === impl Settings ===

impl Settings {
    pub(crate) fn new(env: &Env<'_>, code: &Code) -> Result<Self, ConfigError> {
        for name in NOT_READ {
            if env.text(name).is_some() {
                env.voice
                    .warn(format_args!("{name} is ignored: it is not read here"));
            }
        }
        let mut roads = <[Roads; 3]>::default();
        let disabled = env.flag("OTEL_SDK_DISABLED");
        if !disabled {
            for signal in Signal::ALL {
                roads[signal.index()] = Roads::new(env, code, signal)?;
            }
        }
        Ok(Self {
            voice: env.voice,
            disabled,
            roads,
            spans: Batching::new(env, "BSP", Duration::from_secs(5)),
            logs: Batching::new(env, "BLRP", Duration::from_secs(1)),
            log_limits: log_limits(env),
            metrics: Reading::new(env),
        })
    }
}

// === impl Roads ===

impl Roads {
    fn new(env: &Env<'_>, code: &Code, signal: Signal) -> Result<Self, ConfigError> {
        let name = format!("OTEL_{}_EXPORTER", signal.upper());
        let mut this = Self::default();
        let mut otlp = false;
        match env.text(&name) {
            Some(list) => {
                this.chosen = true;
                for exporter in list.split(',').map(str::trim) {
                    match exporter.to_ascii_lowercase().as_str() {
                        "otlp" => otlp = true,
                        // The name that `console` had, and has in some languages.
                        "console" | "logging" => this.console = true,
                        "prometheus" if signal == Signal::Metrics => this.prometheus = true,
                        "none" | "" => {}
                        _ => env.ignored(&name, exporter, "is no exporter known here"),
                    }
                }
            }
            None => otlp = code.has_endpoint(signal) || target::has_endpoint(env, signal),
        }
        if otlp {
            this.otlp = Some(Target::new(env, code, signal)?);
        }
        Ok(this)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.otlp.is_none() && !self.console
    }
}

// === impl Batching ===

impl Batching {
    fn new(env: &Env<'_>, family: &str, delay: Duration) -> Self {
        let name = |what| format!("OTEL_{family}_{what}");
        let (queue_name, size_name) = (name("MAX_QUEUE_SIZE"), name("MAX_EXPORT_BATCH_SIZE"));
        // The queue is made at once, whole; a slip of the finger must not take all memory.
        const MOST: usize = 1 << 20;
        let mut queue = env.count(&queue_name).unwrap_or(2048);
        if queue > MOST {
            env.ignored(&queue_name, &queue.to_string(), "is more than 1048576");
            queue = 2048;
        }
        let mut size = env.count(&size_name).unwrap_or(queue.min(512));
        if size > queue {
            env.ignored(
                &size_name,
                &size.to_string(),
                "is more than the queue holds",
            );
            size = queue.min(512);
        }
        Self {
            delay: env.millis(&name("SCHEDULE_DELAY")).unwrap_or(delay),
            queue,
            size,
            timeout: env
                .millis(&name("EXPORT_TIMEOUT"))
                .unwrap_or(Duration::from_secs(30)),
        }
    }
}

// === impl Reading ===

impl Reading {
    fn new(env: &Env<'_>) -> Self {
        const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
        const AGGREGATION: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";

        let delta = match env.text(TEMPORALITY) {
            None => false,
            Some(text) => match text.to_ascii_lowercase().as_str() {
                "cumulative" => false,
                // They differ in instruments that are asked, which we have none of.
                "delta" | "lowmemory" => true,
                _ => {
                    env.ignored(TEMPORALITY, &text, "is no temporality");
                    false
                }
            },
        };
        if let Some(text) = env.text(AGGREGATION) {
            if !text.eq_ignore_ascii_case("explicit_bucket_histogram") {
                env.ignored(
                    AGGREGATION,
                    &text,
                    "is not had; buckets have explicit bounds",
                );
            }
        }
        Self {
            interval: env
                .millis("OTEL_METRIC_EXPORT_INTERVAL")
                .unwrap_or(Duration::from_secs(60)),
            timeout: env
                .millis("OTEL_METRIC_EXPORT_TIMEOUT")
                .unwrap_or(Duration::from_secs(30)),
            delta,
        }
    }
}

fn log_limits(env: &Env<'_>) -> Limits {
    let of = |what: &str| {
        env.limit(&format!("OTEL_LOGRECORD_ATTRIBUTE_{what}_LIMIT"))
            .or_else(|| env.limit(&format!("OTEL_ATTRIBUTE_{what}_LIMIT")))
    };
    Limits {
        count: of("COUNT").unwrap_or(128),
        length: of("VALUE_LENGTH").unwrap_or(usize::MAX),
    }
}
