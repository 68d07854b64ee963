//! The exporter: a registry and its scrape endpoint.

use std::sync::Arc;

use gusset_metrics::Registry;

use crate::renderer::Renderer;
use crate::snapshot::Snapshotter;
use crate::{ScrapeEndpoint, SetGlobalRecorderError};

/// Exports the metrics of a registry to Prometheus.
///
/// Record into [`recorder`](Self::recorder), and mount [`endpoint`](Self::endpoint). Several exporters
/// can be used in one process. A clone is another handle to the same exporter.
///
/// ```
/// use gusset_prometheus::PrometheusExporter;
///
/// # fn main() -> Result<(), gusset_prometheus::ConfigError> {
/// let (one, other) = (PrometheusExporter::builder().build()?, PrometheusExporter::builder().build()?);
/// metrics::with_local_recorder(&one.recorder(), || metrics::counter!("hits").increment(1));
///
/// assert!(one.endpoint().render().contains("hits_total 1"));
/// assert!(!other.endpoint().render().contains("hits_total"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PrometheusExporter {
    renderer: Arc<Renderer>,
}

// === impl PrometheusExporter ===

impl PrometheusExporter {
    pub(crate) fn new(snapshotter: Snapshotter) -> Self {
        let renderer = Arc::new(Renderer::new(Arc::new(snapshotter)));
        Self { renderer }
    }

    /// Returns the registry: a [`metrics::Recorder`], and a
    /// [`MetricProducer`](gusset_data::MetricProducer) for other exporters.
    ///
    /// Every call returns the same one. Layers with the same recorder do not record a call twice.
    ///
    /// ```
    /// use gusset_data::MetricProducer as _;
    ///
    /// # fn main() -> Result<(), gusset_prometheus::ConfigError> {
    /// let prometheus = gusset_prometheus::PrometheusExporter::builder().build()?;
    /// let recorder = prometheus.recorder();
    /// metrics::with_local_recorder(&recorder, || metrics::counter!("hits").increment(1));
    ///
    /// assert!(prometheus.endpoint().render().contains("hits_total 1"));
    /// assert_eq!(recorder.metrics()[0].name, "hits");
    /// # Ok(())
    /// # }
    /// ```
    pub fn recorder(&self) -> Arc<Registry> {
        Arc::clone(self.renderer.snapshotter().registry())
    }

    /// Returns the endpoint that Prometheus scrapes. All endpoints of an exporter share one thread.
    pub fn endpoint(&self) -> ScrapeEndpoint {
        ScrapeEndpoint::new(Arc::clone(&self.renderer))
    }

    /// Makes [`recorder`](Self::recorder) the global recorder of the process.
    ///
    /// Metrics that any code records with `metrics::counter!` and the like then go to this exporter. This
    /// cannot be undone, and the registry is never freed.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let prometheus = gusset_prometheus::PrometheusExporter::builder().build()?;
    /// prometheus.install_global()?;
    /// metrics::counter!("started").increment(1);
    ///
    /// assert!(prometheus.endpoint().render().contains("started_total 1"));
    /// assert!(prometheus.install_global().is_err(), "a process has one global recorder");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the process already has a global recorder, also if it is this one.
    pub fn install_global(&self) -> Result<(), SetGlobalRecorderError> {
        metrics::set_global_recorder(self.recorder()).map_err(|_| SetGlobalRecorderError::new())
    }
}
