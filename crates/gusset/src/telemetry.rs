//! What a builder has put together.

use std::fmt;

#[cfg(feature = "prometheus")]
use gusset_http::EndpointService;
#[cfg(feature = "prometheus")]
use gusset_prometheus::{Page, Prometheus};

use crate::{Kind, Layer};

/// A layer and where its numbers are shown. Clones share them.
pub struct Telemetry<K: Kind, O = ()> {
    layer: Layer<K, O>,
    #[cfg(feature = "prometheus")]
    prometheus: Prometheus,
}

// === impl Telemetry ===

impl<K: Kind, O> Telemetry<K, O> {
    pub(crate) fn new(
        layer: Layer<K, O>,
        #[cfg(feature = "prometheus")] prometheus: Prometheus,
    ) -> Self {
        Self {
            layer,
            #[cfg(feature = "prometheus")]
            prometheus,
        }
    }

    /// The layer, for `Router::layer`, `ServiceBuilder` or `Layer::layer`. Put on in several places,
    /// it counts in one.
    pub fn layer(&self) -> Layer<K, O> {
        self.layer.clone()
    }

    /// The scrape page as a service, for `Router::route_service`.
    #[cfg(feature = "prometheus")]
    pub fn page(&self) -> EndpointService<Page> {
        EndpointService::new(self.prometheus.page())
    }

    /// The page as a value: to serve it on a listener of its own, to render it, to record more on it
    /// or to make it the recorder of the whole process.
    #[cfg(feature = "prometheus")]
    pub fn prometheus(&self) -> &Prometheus {
        &self.prometheus
    }
}

impl<K: Kind, O> Clone for Telemetry<K, O> {
    fn clone(&self) -> Self {
        Self {
            layer: self.layer.clone(),
            #[cfg(feature = "prometheus")]
            prometheus: self.prometheus.clone(),
        }
    }
}

impl<K: Kind, O> fmt::Debug for Telemetry<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").finish_non_exhaustive()
    }
}
