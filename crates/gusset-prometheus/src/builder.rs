//! How a [`Prometheus`] is put together.

use std::sync::Arc;

use gusset_metrics::{Registry, RegistryBuilder};

use crate::{BuildError, Prometheus, Resource};

/// Puts a [`Prometheus`] together; made by [`Prometheus::builder`].
///
/// ```
/// use gusset_prometheus::{Prometheus, Resource};
///
/// # fn main() -> Result<(), gusset_prometheus::BuildError> {
/// let prometheus = Prometheus::builder()
///     .resource(Resource::from_env().with("deployment.environment.name", "staging"))
///     .buckets("db.client.operation.duration", &[0.001, 0.01, 0.1, 1.0])
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct PrometheusBuilder {
    resource: Option<Resource>,
    registry: Option<Arc<Registry>>,
    /// How to make one, if none is given.
    ours: Option<RegistryBuilder>,
}

// === impl PrometheusBuilder ===

impl PrometheusBuilder {
    /// Sets what the page says of its origin, in `target_info`. [`Resource::from_env`] if never
    /// called; an empty resource leaves `target_info` out.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Shows what is recorded there, which other roads may share, instead of in a registry of the
    /// page's own.
    ///
    /// ```
    /// use gusset_metrics::Registry;
    /// use gusset_prometheus::Prometheus;
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let registry = Arc::new(Registry::builder().build()?);
    /// let prometheus = Prometheus::builder().registry(registry.clone()).build()?;
    /// assert!(Arc::ptr_eq(&prometheus.recorder(), &registry));
    /// # Ok(())
    /// # }
    /// ```
    pub fn registry(mut self, registry: Arc<Registry>) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Sets the ends of the buckets of one histogram, by the name it is recorded under, in a registry
    /// of the page's own: see [`RegistryBuilder::buckets`], also for the boundaries of those that are
    /// not named here.
    pub fn buckets(mut self, metric: impl Into<String>, ends: &[f64]) -> Self {
        let ours = self.ours.unwrap_or_default();
        self.ours = Some(ours.buckets(metric, ends));
        self
    }

    /// Whether histograms keep exemplars, in a registry of the page's own: see
    /// [`RegistryBuilder::exemplars`]. They are shown to those who ask for OpenMetrics.
    pub fn exemplars(mut self, exemplars: bool) -> Self {
        let ours = self.ours.unwrap_or_default();
        self.ours = Some(ours.exemplars(exemplars));
        self
    }

    /// Builds the page. Starts nothing: no thread, no listener, no global.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if boundaries are none, not finite or not strictly ascending, or if a registry
    /// is given and set up here too.
    pub fn build(self) -> Result<Prometheus, BuildError> {
        self.build_with(|name| std::env::var(name).ok())
    }

    /// As [`build`](Self::build), with the environment given.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_with(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Prometheus, BuildError> {
        let Self {
            resource,
            registry,
            ours,
        } = self;
        let registry = match (registry, ours) {
            (Some(_), Some(_)) => return Err(BuildError::two_registries()),
            (Some(registry), None) => registry,
            (None, ours) => {
                let registry = ours.unwrap_or_default().build_with(&env);
                Arc::new(registry.map_err(BuildError::registry)?)
            }
        };
        let resource = resource.unwrap_or_else(|| Resource::from_lookup(&env));
        Ok(Prometheus::new(&resource, registry))
    }
}
