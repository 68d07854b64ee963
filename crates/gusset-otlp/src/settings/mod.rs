//! The configuration: builder methods override environment variables, which override the defaults.

mod endpoint;
mod env;
mod exporter_config;
mod headers;
#[cfg(feature = "proxy")]
mod proxy;

use std::time::Duration;

use crate::diagnostics::SdkLogLevel;
use crate::encode::LogLimits;
use crate::{ConfigError, Signal};

pub(crate) use endpoint::Endpoint;
pub(crate) use env::EnvReader;
#[cfg(feature = "tls")]
pub(crate) use exporter_config::TlsFiles;
pub(crate) use exporter_config::{ExporterConfig, Overrides, header};

/// The whole configuration of a pipeline.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) log_level: SdkLogLevel,
    /// The value of `OTEL_SDK_DISABLED`.
    pub(crate) disabled: bool,
    pub(crate) signals: [SignalExporters; 3],
    pub(crate) spans: BatchConfig,
    pub(crate) logs: BatchConfig,
    pub(crate) log_limits: LogLimits,
    pub(crate) metrics: ReaderConfig,
}

/// The exporters of one signal.
#[derive(Debug, Default)]
pub(crate) struct SignalExporters {
    pub(crate) otlp: Option<ExporterConfig>,
    pub(crate) console: bool,
    /// Whether the signal is exported by another crate, through the Prometheus metrics endpoint.
    pub(crate) prometheus: bool,
    /// Whether `OTEL_…_EXPORTER` is set.
    pub(crate) chosen: bool,
}

/// The configuration of a batch processor: `OTEL_BSP_*` or `OTEL_BLRP_*`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchConfig {
    pub(crate) schedule_delay: Duration,
    pub(crate) max_queue_size: usize,
    pub(crate) max_batch_size: usize,
    /// The timeout of one batch, including all retries.
    pub(crate) export_timeout: Duration,
}

/// The configuration of the metric reader: `OTEL_METRIC_EXPORT_*` and the preferred temporality.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReaderConfig {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) delta: bool,
}

/// Variables that the façade reads, not this crate. A warning is logged if one is set here.
const CONFIG_FILE_VARS: [&str; 2] = ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"];
/// A variable of the specification that is not supported. A warning is logged if it is set.
const ENTITIES_VAR: &str = "OTEL_ENTITIES";

// === impl Settings ===

impl Settings {
    pub(crate) fn new(env: &EnvReader<'_>, overrides: &Overrides) -> Result<Self, ConfigError> {
        for name in CONFIG_FILE_VARS {
            if env.var(name).is_some() {
                env.warn_once(format!(
                    "ignoring {name}: it requires the feature `config-file` of gusset; or use the other OTEL_* \
                     variables"
                ));
            }
        }
        if env.var(ENTITIES_VAR).is_some() {
            env.warn_once(format!(
                "ignoring {ENTITIES_VAR}: not supported; use the other OTEL_* variables"
            ));
        }
        let mut signals = <[SignalExporters; 3]>::default();
        let disabled = env.flag("OTEL_SDK_DISABLED");
        if !disabled {
            for signal in Signal::ALL {
                signals[signal.index()] = SignalExporters::new(env, overrides, signal)?;
            }
        }
        Ok(Self {
            log_level: env.log_level,
            disabled,
            signals,
            spans: BatchConfig::new(env, "BSP", Duration::from_secs(5)),
            logs: BatchConfig::new(env, "BLRP", Duration::from_secs(1)),
            log_limits: log_limits(env),
            metrics: ReaderConfig::new(env),
        })
    }
}

// === impl SignalExporters ===

impl SignalExporters {
    fn new(
        env: &EnvReader<'_>,
        overrides: &Overrides,
        signal: Signal,
    ) -> Result<Self, ConfigError> {
        let name = format!("OTEL_{}_EXPORTER", signal.upper());
        let mut this = Self::default();
        let mut otlp = false;
        if let Some(list) = env.var(&name) {
            for exporter in list.split(',').map(str::trim) {
                match exporter.to_ascii_lowercase().as_str() {
                    "otlp" => otlp = true,
                    // `logging` is the former name, which some languages still use.
                    "console" | "logging" => this.console = true,
                    "prometheus" if signal == Signal::Metrics => this.prometheus = true,
                    "none" | "" => {}
                    _ => {
                        env.warn_ignored(
                            &name,
                            exporter,
                            "not a supported exporter; use `otlp`, `console` or `none`",
                        );
                        continue;
                    }
                }
                this.chosen = true;
            }
        }
        // A variable whose values are all unknown counts as unset, as OpenTelemetry specifies.
        if !this.chosen {
            otlp = overrides.has_endpoint(signal) || exporter_config::has_endpoint(env, signal);
        }
        if otlp {
            this.otlp = Some(ExporterConfig::new(env, overrides, signal)?);
        }
        Ok(this)
    }

    /// Returns whether this crate does not export the signal.
    pub(crate) fn is_empty(&self) -> bool {
        self.otlp.is_none() && !self.console
    }
}

// === impl BatchConfig ===

impl BatchConfig {
    fn new(env: &EnvReader<'_>, prefix: &str, schedule_delay: Duration) -> Self {
        const DEFAULT_QUEUE_SIZE: usize = 2048;
        const DEFAULT_BATCH_SIZE: usize = 512;
        // The queue is allocated at start. The limit keeps a typing error from taking all memory.
        const MAX_QUEUE_SIZE: usize = 1 << 20;

        let name = |suffix| format!("OTEL_{prefix}_{suffix}");
        let (queue_name, batch_name) = (name("MAX_QUEUE_SIZE"), name("MAX_EXPORT_BATCH_SIZE"));
        let mut max_queue_size = env.count(&queue_name).unwrap_or(DEFAULT_QUEUE_SIZE);
        if max_queue_size > MAX_QUEUE_SIZE {
            env.warn_ignored(
                &queue_name,
                &max_queue_size.to_string(),
                "more than 1048576, the maximum",
            );
            max_queue_size = DEFAULT_QUEUE_SIZE;
        }
        let default_batch_size = max_queue_size.min(DEFAULT_BATCH_SIZE);
        let mut max_batch_size = env.count(&batch_name).unwrap_or(default_batch_size);
        if max_batch_size > max_queue_size {
            env.warn_ignored(
                &batch_name,
                &max_batch_size.to_string(),
                &format!("more than {queue_name}, which is {max_queue_size}"),
            );
            max_batch_size = default_batch_size;
        }
        Self {
            schedule_delay: env
                .millis(&name("SCHEDULE_DELAY"))
                .unwrap_or(schedule_delay),
            max_queue_size,
            max_batch_size,
            export_timeout: env
                .millis(&name("EXPORT_TIMEOUT"))
                .unwrap_or(Duration::from_secs(30)),
        }
    }
}

// === impl ReaderConfig ===

impl ReaderConfig {
    fn new(env: &EnvReader<'_>) -> Self {
        const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";

        let delta = match env.var(TEMPORALITY) {
            None => false,
            Some(text) => match text.to_ascii_lowercase().as_str() {
                "cumulative" => false,
                // They differ only for asynchronous counters, which gusset does not have.
                "delta" | "lowmemory" => true,
                _ => {
                    env.warn_ignored(
                        TEMPORALITY,
                        &text,
                        "not a temporality; use `cumulative`, `delta` or `lowmemory`",
                    );
                    false
                }
            },
        };
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

fn log_limits(env: &EnvReader<'_>) -> LogLimits {
    let limit = |kind: &str| {
        env.limit(&format!("OTEL_LOGRECORD_ATTRIBUTE_{kind}_LIMIT"))
            .or_else(|| env.limit(&format!("OTEL_ATTRIBUTE_{kind}_LIMIT")))
    };
    LogLimits {
        max_attributes: limit("COUNT").unwrap_or(128),
        max_value_length: limit("VALUE_LENGTH").unwrap_or(usize::MAX),
    }
}
