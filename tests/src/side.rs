//! A metrics exporter, and an observer that records the same calls.

use std::sync::Arc;

use gusset::metrics::{HttpMetrics, RpcMetrics};
use gusset::prometheus::{PrometheusExporter, Registry, Resource};
use gusset_core::ObserveLayer;
use gusset_http::{Grpc, GrpcClientClassifier, Http, HttpClientClassifier};
use gusset_testkit::{RecordedCall, RecordingObserver};

use crate::stack;

/// The server or the client side of calls: the recorded calls, and their metrics.
#[derive(Clone, Debug)]
pub struct Side {
    /// The recorded calls. A call is recorded after its metrics.
    pub recorder: RecordingObserver,
    prometheus: PrometheusExporter,
}

// === impl Side ===

impl Side {
    /// Creates a side without calls.
    pub fn new() -> Self {
        let prometheus = PrometheusExporter::builder()
            .resource(Resource::new())
            .build();
        Self {
            recorder: RecordingObserver::new(),
            prometheus: prometheus.expect("the defaults are valid"),
        }
    }

    /// Returns the exporter.
    pub fn prometheus(&self) -> &PrometheusExporter {
        &self.prometheus
    }

    /// Returns the layer of an HTTP server.
    pub fn http_server(&self) -> ObserveLayer<Http, (RecordingObserver, HttpMetrics)> {
        let metrics = HttpMetrics::server(self.registry()).build();
        self.layer(metrics.expect("the defaults are valid"))
    }

    /// Returns the layer of an HTTP client.
    pub fn http_client(
        &self,
    ) -> ObserveLayer<Http<HttpClientClassifier>, (RecordingObserver, HttpMetrics)> {
        let metrics = HttpMetrics::client(self.registry()).build();
        self.layer(metrics.expect("the defaults are valid"))
    }

    /// Returns the layer of a gRPC server.
    pub fn grpc_server(&self) -> ObserveLayer<Grpc, (RecordingObserver, RpcMetrics)> {
        let metrics = RpcMetrics::server(self.registry()).build();
        self.layer(metrics.expect("the defaults are valid"))
    }

    /// Returns the layer of a gRPC client.
    pub fn grpc_client(
        &self,
    ) -> ObserveLayer<Http<GrpcClientClassifier>, (RecordingObserver, RpcMetrics)> {
        let metrics = RpcMetrics::client(self.registry()).build();
        self.layer(metrics.expect("the defaults are valid"))
    }

    /// Waits until `count` calls have ended, and returns them. Panics if others are in flight.
    pub async fn wait_for_calls(&self, count: usize) -> Vec<RecordedCall> {
        let recorded = stack::wait_for_calls(&self.recorder, count).await;
        assert_eq!(self.recorder.in_flight(), 0);
        recorded
    }

    /// Waits until one call has ended, and returns it.
    pub async fn wait_for_call(&self) -> RecordedCall {
        self.wait_for_calls(1).await.remove(0)
    }

    /// Returns the rendered samples of this name in alphabetical order, without the name.
    pub fn rows(&self, name: &str) -> Vec<String> {
        let output = self.prometheus.endpoint().render();
        let rows = output.lines().filter_map(|line| line.strip_prefix(name));
        let rows = rows.filter(|row| row.starts_with(['{', ' ']));
        let mut rows: Vec<_> = rows.map(str::to_owned).collect();
        rows.sort_unstable();
        rows
    }

    fn registry(&self) -> Arc<Registry> {
        self.prometheus.recorder()
    }

    // The observer that starts first ends last.
    fn layer<P, M>(&self, metrics: M) -> ObserveLayer<P, (RecordingObserver, M)>
    where
        P: gusset_core::Protocol,
        M: gusset_core::Observer<P>,
    {
        ObserveLayer::new((self.recorder.clone(), metrics))
    }
}

impl Default for Side {
    fn default() -> Self {
        Self::new()
    }
}
