//! How a [`Prometheus`] is put together.

use std::collections::HashMap;
use std::sync::Arc;

use gusset_metrics::names;

use crate::histogram::{Bounds, Histograms};
use crate::{BuildError, Prometheus, Resource, translate};

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
    buckets: Vec<(String, Vec<f64>)>,
}

// === impl PrometheusBuilder ===

impl PrometheusBuilder {
    /// Sets what the page says of its origin, in `target_info`. [`Resource::from_env`] if never
    /// called; an empty resource leaves `target_info` out.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Sets the ends of the buckets of one histogram, by the name it is recorded under. An end is
    /// inclusive; the bucket `+Inf` is always there and not listed. The last call for a name stands.
    ///
    /// A histogram never named here has the boundaries of [`gusset_metrics::names`], if it is one of
    /// those and has any, else those of the unit it was described with:
    ///
    /// | unit | boundaries | from |
    /// |---|---|---|
    /// | seconds | 0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 | advice of the semantic conventions for `http.*` and `rpc.*` durations |
    /// | bytes | 0 64 256 1024 … 67108864, each four times the one before | ours: 64 B to 64 MiB; nobody advises |
    /// | any other | 0 5 10 25 50 75 100 250 500 750 1000 2500 5000 7500 10000 | default of OpenTelemetry's SDK |
    pub fn buckets(mut self, metric: impl Into<String>, ends: &[f64]) -> Self {
        self.buckets.push((metric.into(), ends.to_owned()));
        self
    }

    /// Builds the page. Starts nothing: no thread, no listener, no global.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if boundaries are none, not finite or not strictly ascending.
    pub fn build(self) -> Result<Prometheus, BuildError> {
        let Self { resource, buckets } = self;
        let ours = names::ALL.iter().filter_map(|metric| {
            let ends = metric.boundaries?;
            Some((metric.name.to_owned(), ends.to_owned()))
        });
        let mut given = HashMap::new();
        for (metric, ends) in ours.chain(buckets) {
            let name = translate::metric_name(&metric).into_owned();
            match Bounds::new(&ends) {
                Ok(bounds) => given.insert(name, Arc::new(bounds)),
                Err(fault) => return Err(BuildError::buckets(metric, fault)),
            };
        }
        let resource = resource.unwrap_or_else(Resource::from_env);
        Ok(Prometheus::new(&resource, Histograms::new(given)))
    }
}
