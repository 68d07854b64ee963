//! Configures and builds a [`PrometheusExporter`].

use std::sync::Arc;

use gusset_core::Env;
use gusset_metrics::{ExponentialHistogram, Registry, RegistryBuilder, View};

use crate::snapshot::Snapshotter;
use crate::{ConfigError, PrometheusExporter, Resource, TARGET};

/// Configures and builds a [`PrometheusExporter`].
///
/// ```
/// use gusset_prometheus::{PrometheusExporter, Resource};
///
/// # fn main() -> Result<(), gusset_prometheus::ConfigError> {
/// let prometheus = PrometheusExporter::builder()
///     .resource(Resource::from_env().with("deployment.environment.name", "staging"))
///     .buckets("db.client.operation.duration", &[0.001, 0.01, 0.1, 1.0])
///     .build()?;
///
/// let invalid = PrometheusExporter::builder().buckets("my.histogram", &[2.0, 1.0]).build();
/// assert_eq!(
///     invalid.unwrap_err().to_string(),
///     "`buckets.my.histogram`: not ascending: 2 is followed by 1",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct PrometheusExporterBuilder {
    resource: Option<Resource>,
    registry: Option<Arc<Registry>>,
    /// Builds the registry, if none is set.
    registry_builder: Option<RegistryBuilder>,
    without_suffixes: bool,
}

// === impl PrometheusExporter ===

impl PrometheusExporter {
    /// Returns a builder.
    pub fn builder() -> PrometheusExporterBuilder {
        PrometheusExporterBuilder::default()
    }
}

// === impl PrometheusExporterBuilder ===

impl PrometheusExporterBuilder {
    /// Sets the resource, which is exported as `target_info`.
    ///
    /// An empty resource omits `target_info`. Defaults to [`Resource::from_env`].
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Sets an existing registry, which other exporters may also read. Defaults to a new one.
    ///
    /// ```
    /// use gusset_metrics::Registry;
    /// use gusset_prometheus::PrometheusExporter;
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), gusset_prometheus::ConfigError> {
    /// let registry = Arc::new(Registry::builder().build()?);
    /// let prometheus = PrometheusExporter::builder().registry(registry.clone()).build()?;
    /// assert!(Arc::ptr_eq(&prometheus.recorder(), &registry));
    /// # Ok(())
    /// # }
    /// ```
    pub fn registry(mut self, registry: Arc<Registry>) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Sets the bucket boundaries of one histogram in the new registry.
    ///
    /// See [`RegistryBuilder::buckets`], also for the defaults.
    pub fn buckets(mut self, metric: impl Into<String>, upper_bounds: &[f64]) -> Self {
        let registry = self.registry_builder.unwrap_or_default();
        self.registry_builder = Some(registry.buckets(metric, upper_bounds));
        self
    }

    /// Makes one histogram of the new registry a native histogram too.
    ///
    /// See [`RegistryBuilder::exponential_histogram`]. Only the protobuf format has native histograms; text
    /// formats show the other buckets.
    #[doc(alias = "native_histogram")]
    pub fn exponential_histogram(
        mut self,
        metric: impl Into<String>,
        settings: ExponentialHistogram,
    ) -> Self {
        let registry = self.registry_builder.unwrap_or_default();
        self.registry_builder = Some(registry.exponential_histogram(metric, settings));
        self
    }

    /// Sets whether histograms of the new registry keep exemplars.
    ///
    /// See [`RegistryBuilder::exemplars`]. Only OpenMetrics and protobuf include them.
    pub fn exemplars(mut self, exemplars: bool) -> Self {
        let registry = self.registry_builder.unwrap_or_default();
        self.registry_builder = Some(registry.exemplars(exemplars));
        self
    }

    /// Sets the maximum number of series of each metric in the new registry.
    ///
    /// See [`RegistryBuilder::cardinality_limit`]. Defaults to 2,000.
    pub fn cardinality_limit(mut self, series: usize) -> Self {
        let registry = self.registry_builder.unwrap_or_default();
        self.registry_builder = Some(registry.cardinality_limit(series));
        self
    }

    /// Adds a view to the new registry. See [`RegistryBuilder::view`].
    pub fn view(mut self, view: View) -> Self {
        let registry = self.registry_builder.unwrap_or_default();
        self.registry_builder = Some(registry.view(view));
        self
    }

    /// Leaves the service's own metrics without the suffixes `_total` and units, as
    /// metrics-exporter-prometheus does, so that queries work during a change. Off by default.
    ///
    /// Own metrics are those that no [`MetricDescriptor`](gusset_data::MetricDescriptor) describes. In
    /// OpenMetrics such a counter has the type `unknown`, because a counter ends in `_total` there. Values
    /// and queries are the same.
    ///
    /// ```
    /// use gusset_prometheus::PrometheusExporter;
    ///
    /// # fn main() -> Result<(), gusset_prometheus::ConfigError> {
    /// let prometheus = PrometheusExporter::builder().without_suffixes().build()?;
    /// metrics::with_local_recorder(&prometheus.recorder(), || metrics::counter!("orders").increment(1));
    /// assert!(prometheus.endpoint().render().contains("\norders 1\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn without_suffixes(mut self) -> Self {
        self.without_suffixes = true;
        self
    }

    /// Builds the exporter, with the environment of the process. Starts and installs nothing.
    ///
    /// # Errors
    /// If boundaries are empty, not finite or not strictly ascending, if settings of a native histogram are out of
    /// range, if the cardinality limit is zero, or if [`registry`](Self::registry) is combined with settings of a new registry.
    pub fn build(self) -> Result<PrometheusExporter, ConfigError> {
        self.build_in(Env::process())
    }

    /// Builds the exporter, with the environment that `env` returns.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<PrometheusExporter, ConfigError> {
        self.build_in(Env::from_fn(&env))
    }

    /// Builds the exporter in an environment.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_in(self, env: Env<'_>) -> Result<PrometheusExporter, ConfigError> {
        let Self {
            resource,
            registry,
            registry_builder,
            without_suffixes,
        } = self;
        let registry = match (registry, registry_builder) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::new(
                    "registry",
                    "cannot be combined with settings of a new one, such as `buckets`; set them on the \
                     builder of that registry",
                ));
            }
            (Some(registry), None) => registry,
            (None, builder) => Arc::new(builder.unwrap_or_default().build_in(env)?),
        };
        let resource = resource.unwrap_or_else(|| Resource::from_env_fn(|name| var(env, name)));
        let snapshotter = Snapshotter::new(&resource, registry, without_suffixes);
        Ok(PrometheusExporter::new(snapshotter))
    }
}

/// Reads a variable. One that is not Unicode is logged and ignored, like a malformed resource.
fn var(env: Env<'_>, name: &str) -> Option<String> {
    env.var(name).unwrap_or_else(|error| {
        tracing::warn!(target: TARGET, "ignoring {error}");
        None
    })
}
