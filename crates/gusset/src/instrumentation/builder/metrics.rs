//! The settings of metrics.

use gusset_metrics::SharedRecorder;
#[cfg(feature = "prometheus")]
use gusset_prometheus::{PrometheusExporter, Resource};

use super::{InstrumentationBuilder, compose};
use crate::kind::ServiceKind;

impl<K: ServiceKind, O> InstrumentationBuilder<K, O> {
    /// Records metrics into this recorder of the `metrics` facade, for example that of
    /// metrics-exporter-prometheus, instead of the exporter.
    ///
    /// Without the feature `prometheus` it defaults to [`GlobalRecorder`](crate::metrics::GlobalRecorder):
    /// whatever recorder is global.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use gusset::metrics::Registry;
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let recorder = Arc::new(Registry::builder().build()?);
    /// let gusset = gusset::http().recorder(recorder).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.state.recorder = Some(recorder);
        self
    }

    /// Records metrics into this exporter, which may be shared. Defaults to an exporter of its own.
    #[cfg(feature = "prometheus")]
    pub fn prometheus(mut self, prometheus: &PrometheusExporter) -> Self {
        self.state.prometheus = Some(prometheus.clone());
        self
    }

    /// Sets the resource exported as `target_info`. Overrides `OTEL_RESOURCE_ATTRIBUTES`.
    ///
    /// ```
    /// use gusset::prometheus::Resource;
    ///
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let shop = Resource::from_env().with("service.name", "shop");
    /// let gusset = gusset::http().resource(shop).build()?;
    /// let metrics = gusset.prometheus().endpoint().render();
    /// assert!(metrics.contains(r#"service_name="shop""#));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "prometheus")]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.state.resource = Some(resource);
        self
    }

    /// Configures the metrics: custom labels, the cardinality limit.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().metrics(|metrics| metrics.cardinality_limit(500)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn metrics<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(K::MetricsBuilder) -> K::MetricsBuilder + 'static,
    {
        self.state.metrics = Some(compose(self.state.metrics.take(), configure));
        self
    }
}
