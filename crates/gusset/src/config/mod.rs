//! Settings that a service reads from a file.

mod apply;
#[cfg(feature = "breaker")]
mod breakers;
mod effective;
mod incidents;
mod print;
mod schema;
mod service;
mod show;
mod telemetry;
mod values;
mod variables;

use std::collections::BTreeMap;
use std::time::Duration;

use gusset_core::{ConfigError, Env};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub(crate) use self::apply::Settings;
#[cfg(feature = "breaker")]
pub(crate) use self::breakers::Breakers;
pub use self::effective::{EffectiveConfig, Source};
pub use self::incidents::IncidentsConfig;
pub use self::service::{
    BreakerConfig, BreakerMode, HealthConfig, HttpConfig, ManagementConfig, PropagatorName,
    SdkLogLevel, SystemConfig,
};
pub use self::telemetry::{
    Compression, ExemplarFilter, ExponentialHistogramConfig, Exporter, LogBatchConfig,
    LogFileConfig, LogFormat, LogsConfig, MetricsConfig, MetricsExporter, OtlpConfig, Protocol,
    SamplerName, SpanBatchConfig, Temporality, TracesConfig, Trust, ViewConfig,
};
pub use self::values::Secret;
use self::values::{duration, is_default, section};
pub(crate) use self::variables::Variables;

section! {
    /// Settings of a [`Gusset`](crate::Gusset) that a service reads from a file, as a part of its own
    /// settings, with any format of serde.
    ///
    /// Everything is optional. Code overrides environment variables, which override the file, which overrides
    /// the defaults. A variable for all signals, such as `OTEL_EXPORTER_OTLP_ENDPOINT`, also overrides those
    /// of one signal in the file. Only `RUST_LOG`, `GUSSET_LOGS_FILTER` and `GUSSET_LOGS_FORMAT` override code
    /// too.
    ///
    /// A key that does not exist and a value that is not valid are errors that name the path, such as
    /// `logs.format`. `Serialize` writes secrets; [`EffectiveConfig`] leaves them out.
    ///
    /// ```
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Settings {
    ///     port: u16,
    ///     gusset: gusset::Config,
    /// }
    ///
    /// let settings: Settings = toml::from_str(
    ///     r#"
    ///     port = 3000
    ///
    ///     [gusset.logs]
    ///     format = "json"
    ///
    ///     [gusset.metrics.views."http.server.request.duration"]
    ///     remove_labels = ["url.scheme"]
    ///     buckets = [0.01, 0.1, 1.0]
    ///
    ///     [gusset.health]
    ///     drain_delay = "2s"
    ///     "#,
    /// )?;
    /// let gusset = gusset::builder().config(settings.gusset).without_health().build()?;
    ///
    /// let unknown = toml::from_str::<gusset::Config>("[logs]\nformat = 'xml'").unwrap_err();
    /// assert!(unknown.to_string().contains("`logs.format`: unknown variant `xml`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Config as ConfigFields {
        /// Whether nothing is exported over OTLP. Defaults to `false`.
        #[schemars(extend("x-env" = "OTEL_SDK_DISABLED"))]
        sdk_disabled: Option<bool>,
        /// The name of the service. Defaults to `unknown_service`.
        #[schemars(extend("x-env" = "OTEL_SERVICE_NAME"))]
        service_name: Option<String>,
        /// Attributes of the service in all telemetry: `"deployment.environment.name" = "production"`.
        /// Defaults to what is detected.
        #[schemars(extend("x-env" = "OTEL_RESOURCE_ATTRIBUTES"))]
        resource: BTreeMap<String, String>,
        /// The formats of trace context and baggage in headers. Defaults to `tracecontext` and `baggage`.
        #[schemars(extend("x-env" = "OTEL_PROPAGATORS"))]
        propagators: Option<Vec<PropagatorName>>,
        /// Which problems with the export are logged. Defaults to `info`.
        #[schemars(extend("x-env" = "OTEL_LOG_LEVEL"))]
        sdk_log_level: Option<SdkLogLevel>,
        /// The attributes of a span or record, at most. Defaults to 128.
        #[schemars(extend("x-env" = "OTEL_ATTRIBUTE_COUNT_LIMIT"))]
        attribute_count_limit: Option<usize>,
        /// The characters of an attribute, at most. Defaults to no limit.
        #[schemars(extend("x-env" = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"))]
        attribute_value_length_limit: Option<usize>,
        /// The system of consumed messages, `messaging.system`. Defaults to `_OTHER`.
        messaging_system: Option<String>,
        /// The time to flush telemetry at the end. Defaults to 5 s.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        flush_deadline: Option<Duration>,
        /// Whether a panic is logged by a hook. Defaults to `true` with `init`.
        panic_hook: Option<bool>,
        /// The log.
        logs: LogsConfig,
        /// Traces.
        traces: TracesConfig,
        /// Metrics.
        metrics: MetricsConfig,
        /// Export over OTLP.
        otlp: OtlpConfig,
        /// The management server, with the scrape endpoint and the probes.
        management: ManagementConfig,
        /// Health: probes, checks and the life cycle.
        health: HealthConfig,
        /// The readings of process, container, host and runtime.
        system: SystemConfig,
        /// Incident reports: what the service did last.
        incidents: IncidentsConfig,
        /// How HTTP and gRPC servers read requests.
        http: HttpConfig,
        /// Circuit breakers, by the names of `Gusset::breaker`. The one named `default` is the base of all
        /// others without a `base`.
        breakers: BTreeMap<String, BreakerConfig>,
    }
}

/// Settings that were checked.
pub(crate) struct Checked {
    pub(crate) settings: Settings,
    pub(crate) variables: Variables,
    #[cfg(feature = "breaker")]
    pub(crate) breakers: Breakers,
}

// === impl Config ===

impl Config {
    /// Checks what the types of the settings do not.
    pub(crate) fn check(&self, env: &Env<'_>) -> Result<Checked, ConfigError> {
        #[cfg(not(feature = "breaker"))]
        if !self.breakers.is_empty() {
            let reason = "requires the feature `breaker` of gusset";
            return Err(ConfigError::new("breakers", reason));
        }
        #[cfg(not(feature = "system"))]
        if self.system != SystemConfig::default() {
            let reason = "requires the feature `system` of gusset";
            return Err(ConfigError::new("system", reason));
        }
        #[cfg(not(all(unix, feature = "incident")))]
        if self.incidents != IncidentsConfig::default() {
            let reason = "requires the feature `incident` of gusset, and Unix";
            return Err(ConfigError::new("incidents", reason));
        }
        self.incidents.check()?;
        Ok(Checked {
            settings: Settings::new(self, env)?,
            variables: Variables::new(self),
            #[cfg(feature = "breaker")]
            breakers: Breakers::new(self)?,
        })
    }
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The path is in the text, so that it is there with every format, and within other settings. The texts
        // of other formats would have several lines.
        let value = match serde_json::Value::deserialize(deserializer)? {
            // A section of YAML in which everything is a comment.
            Value::Null => Value::Object(Map::new()),
            value => value,
        };
        match serde_path_to_error::deserialize::<_, ConfigFields>(value) {
            Ok(fields) => Ok(fields.into()),
            Err(error) => {
                let path = error.path().to_string();
                let reason = match schema::is_secret(&path) {
                    true => {
                        "not valid; the value is not shown, because it may be secret".to_owned()
                    }
                    false => error.into_inner().to_string(),
                };
                Err(D::Error::custom(format_args!("`{path}`: {reason}")))
            }
        }
    }
}
