//! The instrumentation of one kind of service.

mod builder;
mod layer;

use std::fmt;

use gusset_core::{ObservedOperation, Observer, Operation};
#[cfg(feature = "prometheus")]
use gusset_http::EndpointService;
#[cfg(feature = "prometheus")]
use gusset_prometheus::{PrometheusExporter, ScrapeEndpoint};

pub use self::builder::InstrumentationBuilder;
#[cfg(feature = "service")]
pub(crate) use self::builder::LayerParts;
#[cfg(feature = "service")]
pub(crate) use self::layer::SignalObservers;
pub use self::layer::{InstrumentationLayer, Instrumented};
use crate::kind::{Operations, ServiceKind};

/// A layer, and the exporter that shows its metrics. Clones share both.
pub struct Instrumentation<K: ServiceKind, O = ()> {
    layer: InstrumentationLayer<K, O>,
    #[cfg(feature = "prometheus")]
    prometheus: PrometheusExporter,
}

// === impl Instrumentation ===

impl<K: ServiceKind, O> Instrumentation<K, O> {
    pub(crate) fn new(
        layer: InstrumentationLayer<K, O>,
        #[cfg(feature = "prometheus")] prometheus: PrometheusExporter,
    ) -> Self {
        Self {
            layer,
            #[cfg(feature = "prometheus")]
            prometheus,
        }
    }

    /// Returns the layer, for `Router::layer`, `ServiceBuilder` or `Layer::layer`. All layers of one
    /// instrumentation record into one set of metrics.
    pub fn layer(&self) -> InstrumentationLayer<K, O> {
        self.layer.clone()
    }

    /// Returns the scrape endpoint as a service, for `Router::route_service`.
    #[cfg(feature = "prometheus")]
    pub fn metrics_endpoint(&self) -> EndpointService<ScrapeEndpoint> {
        EndpointService::new(self.prometheus.endpoint())
    }

    /// Returns the exporter: to mount its endpoint elsewhere, to render it, to record more metrics, or
    /// to make it the recorder of the process.
    #[cfg(feature = "prometheus")]
    pub fn prometheus(&self) -> &PrometheusExporter {
        &self.prometheus
    }
}

impl<O: Observer<gusset_core::Operations>> Instrumentation<Operations, O> {
    /// Returns an operation that is observed: `"reprice"`, or a description of a database's or a queue's.
    ///
    /// ```
    /// use gusset::Operation;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let operations = gusset::operations().build()?;
    /// let query = operations.operation(Operation::database("postgresql", "SELECT", "orders"));
    /// query.run(async { Ok::<_, std::io::Error>(()) }).await?;
    /// assert!(operations.prometheus().endpoint().render().contains("db_client_operation_duration"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn operation(
        &self,
        operation: impl Into<Operation>,
    ) -> ObservedOperation<self::layer::Observers<Operations, O>> {
        self.layer.observe().operation(operation)
    }
}

impl<K: ServiceKind, O> Clone for Instrumentation<K, O> {
    fn clone(&self) -> Self {
        Self {
            layer: self.layer.clone(),
            #[cfg(feature = "prometheus")]
            prometheus: self.prometheus.clone(),
        }
    }
}

impl<K: ServiceKind, O> fmt::Debug for Instrumentation<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instrumentation").finish_non_exhaustive()
    }
}
