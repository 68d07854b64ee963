//! A real page, and a witness beside those who write on it.

use std::sync::Arc;

use gusset::metrics::{HttpMetrics, RpcMetrics};
use gusset::prometheus::{PrometheusExporter, Registry, Resource};
use gusset_core::ObserveLayer;
use gusset_http::{Grpc, GrpcClientClassifier, Http, HttpClientClassifier};
use gusset_testkit::{RecordedCall, RecordingObserver};

use crate::stack;

/// One side of calls: what its observers were told, and what stands on its page.
#[derive(Clone, Debug)]
pub struct Side {
    /// What was told. It is told of an end once the page has it.
    pub witness: RecordingObserver,
    prometheus: PrometheusExporter,
}

// === impl Side ===

impl Side {
    /// A side of no calls yet.
    pub fn new() -> Self {
        let page = PrometheusExporter::builder().resource(Resource::new()).build();
        Self {
            witness: RecordingObserver::new(),
            prometheus: page.expect("there is nothing to misconfigure"),
        }
    }

    /// The page.
    pub fn prometheus(&self) -> &PrometheusExporter {
        &self.prometheus
    }

    /// The layer of an HTTP server.
    pub fn http_server(&self) -> ObserveLayer<Http, (RecordingObserver, HttpMetrics)> {
        let metrics = HttpMetrics::server(self.recorder()).build();
        self.layer(metrics.expect("by convention"))
    }

    /// The layer of a client of HTTP.
    pub fn http_client(
        &self,
    ) -> ObserveLayer<Http<HttpClientClassifier>, (RecordingObserver, HttpMetrics)> {
        let metrics = HttpMetrics::client(self.recorder()).build();
        self.layer(metrics.expect("by convention"))
    }

    /// The layer of a gRPC server.
    pub fn grpc_server(&self) -> ObserveLayer<Grpc, (RecordingObserver, RpcMetrics)> {
        let metrics = RpcMetrics::server(self.recorder()).build();
        self.layer(metrics.expect("by convention"))
    }

    /// The layer of a client of gRPC.
    pub fn grpc_client(
        &self,
    ) -> ObserveLayer<Http<GrpcClientClassifier>, (RecordingObserver, RpcMetrics)> {
        let metrics = RpcMetrics::client(self.recorder()).build();
        self.layer(metrics.expect("by convention"))
    }

    /// The facts of the first `count` calls, as soon as they have ended; there is no other then.
    pub async fn told(&self, count: usize) -> Vec<RecordedCall> {
        let facts = stack::told(&self.witness, count).await;
        assert_eq!(self.witness.in_flight(), 0);
        facts
    }

    /// The fact of the one call there was, as soon as it has ended.
    pub async fn told_one(&self) -> RecordedCall {
        self.told(1).await.remove(0)
    }

    /// The rows of that name on the page, without the name and in alphabetical order. Of a
    /// histogram, the rows of `.._count` and `.._sum` are told apart by their names.
    pub fn rows(&self, name: &str) -> Vec<String> {
        let page = self.prometheus.endpoint().render();
        let rows = page.lines().filter_map(|line| line.strip_prefix(name));
        let rows = rows.filter(|row| row.starts_with(['{', ' ']));
        let mut rows: Vec<_> = rows.map(str::to_owned).collect();
        rows.sort_unstable();
        rows
    }

    fn recorder(&self) -> Arc<Registry> {
        self.prometheus.recorder()
    }

    // The first to start is the last to be told of an end.
    fn layer<P, M>(&self, metrics: M) -> ObserveLayer<P, (RecordingObserver, M)>
    where
        P: gusset_core::Protocol,
        M: gusset_core::Observer<P>,
    {
        ObserveLayer::new((self.witness.clone(), metrics))
    }
}

impl Default for Side {
    fn default() -> Self {
        Self::new()
    }
}
