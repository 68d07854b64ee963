//! Where the metrics of a process are recorded.

use std::sync::Arc;

use gusset_core::{ConfigError, Env};
use gusset_metrics::{Registry, RegistryBuilder, SharedRecorder};

const EXPORTER_VARIABLE: &str = "OTEL_METRICS_EXPORTER";

/// Where all metrics of a process are recorded: into its registry, or into a recorder of the service.
pub(crate) struct MetricDestination {
    /// Empty if there is a recorder.
    registry: Arc<Registry>,
    recorder: Option<SharedRecorder>,
}

/// The settings of where metrics are recorded.
pub(super) struct MetricSettings {
    pub(super) registry: RegistryBuilder,
    pub(super) recorder: Option<SharedRecorder>,
    /// The method that code has called and that sets something of the registry or its page.
    pub(super) set_by_code: Option<&'static str>,
}

// === impl MetricSettings ===

impl MetricSettings {
    pub(super) fn build(self, env: Env<'_>) -> Result<MetricDestination, ConfigError> {
        let Self {
            registry,
            recorder,
            set_by_code,
        } = self;
        if recorder.is_some() {
            if let Some(method) = set_by_code {
                let problem = format!(
                    "cannot be combined with `{method}`, which is about the registry of gusset; configure the \
                     recorder itself"
                );
                return Err(ConfigError::new("recorder", problem));
            }
            if !registry.is_empty() {
                tracing::warn!(
                    target: "gusset",
                    "the buckets, limits and views of metrics in the configuration file have no effect: metrics go \
                     to the recorder of the service (`recorder`)"
                );
            }
        }
        let registry = Arc::new(registry.build_in(env)?);
        Ok(MetricDestination { registry, recorder })
    }
}

// === impl MetricDestination ===

impl MetricDestination {
    /// Returns the recorder that has the metrics.
    pub(crate) fn recorder(&self) -> SharedRecorder {
        match &self.recorder {
            Some(recorder) => recorder.clone(),
            None => self.registry.clone(),
        }
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Returns whether the registry has the metrics, so that they can be scraped and exported.
    pub(crate) fn is_registry(&self) -> bool {
        self.recorder.is_none()
    }

    /// Warns if the environment names an exporter of metrics that are not in the registry.
    pub(super) fn warn_of_exporters(&self, env: Env<'_>, is_exported: bool) {
        if self.is_registry() {
            return;
        }
        for exporter in exporters(env) {
            // Over OTLP, the service may export a producer of its own.
            let has_effect = match exporter.as_str() {
                "none" => true,
                "prometheus" => false,
                _ => is_exported,
            };
            if !has_effect {
                tracing::warn!(
                    target: "gusset",
                    "`{EXPORTER_VARIABLE}`: `{exporter}` has no effect, because metrics go to the recorder of the \
                     service (`recorder`), which exports them; leave the variable out or set `none`"
                );
            }
        }
    }

    /// Returns whether the environment configures a metrics listener: the exporter `prometheus`.
    pub(super) fn has_listener(&self, env: Env<'_>) -> bool {
        self.is_registry() && exporters(env).iter().any(|it| it == "prometheus")
    }
}

/// Returns the exporters of metrics that the environment names, in lower case.
fn exporters(env: Env<'_>) -> Vec<String> {
    // The pipeline has warned of a value that is not valid Unicode.
    let exporters = env.var(EXPORTER_VARIABLE).ok().flatten();
    let exporters = exporters.unwrap_or_default().to_ascii_lowercase();
    let exporters = exporters.split(',').map(str::trim);
    let known = ["console", "logging", "none", "otlp", "prometheus"];
    // The pipeline has warned of the others.
    exporters
        .filter(|exporter| known.contains(exporter))
        .map(str::to_owned)
        .collect()
}
