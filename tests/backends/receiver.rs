//! A receiver of OTLP over gRPC, to which the collector forwards what it received.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use gusset_tests::servers::Server;
use opentelemetry_proto::tonic::collector::logs::v1 as logs;
use opentelemetry_proto::tonic::collector::metrics::v1 as metrics;
use opentelemetry_proto::tonic::collector::trace::v1 as trace;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// All that was received, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) spans: Vec<Span>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) logs: Vec<LogRecord>,
}

#[derive(Clone, Default)]
struct State(Arc<Mutex<Received>>);

/// A receiver on a thread of its own.
pub(crate) struct Receiver {
    server: Server,
    state: State,
}

// === impl Receiver ===

impl Receiver {
    pub(crate) fn start() -> Self {
        let state = State::default();
        let served = state.clone();
        let server = Server::spawn(|listener| async move {
            let trace = trace::trace_service_server::TraceServiceServer::new(served.clone());
            let metrics =
                metrics::metrics_service_server::MetricsServiceServer::new(served.clone());
            let logs = logs::logs_service_server::LogsServiceServer::new(served);
            tonic::transport::Server::builder()
                .add_service(trace.accept_compressed(Gzip))
                .add_service(metrics.accept_compressed(Gzip))
                .add_service(logs.accept_compressed(Gzip))
                .serve_with_incoming(TcpIncoming::from(listener))
                .await
                .unwrap();
        });
        Self { server, state }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Returns what was received so far.
    pub(crate) fn received(&self) -> Received {
        self.state.0.lock().unwrap().clone()
    }
}

#[tonic::async_trait]
impl trace::trace_service_server::TraceService for State {
    async fn export(
        &self,
        request: Request<trace::ExportTraceServiceRequest>,
    ) -> Result<Response<trace::ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        let mut received = self.0.lock().unwrap();
        received.spans.extend(scopes.flat_map(|scope| scope.spans));
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl metrics::metrics_service_server::MetricsService for State {
    async fn export(
        &self,
        request: Request<metrics::ExportMetricsServiceRequest>,
    ) -> Result<Response<metrics::ExportMetricsServiceResponse>, Status> {
        let resources = request.into_inner().resource_metrics.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        let mut received = self.0.lock().unwrap();
        received
            .metrics
            .extend(scopes.flat_map(|scope| scope.metrics));
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl logs::logs_service_server::LogsService for State {
    async fn export(
        &self,
        request: Request<logs::ExportLogsServiceRequest>,
    ) -> Result<Response<logs::ExportLogsServiceResponse>, Status> {
        let resources = request.into_inner().resource_logs.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_logs);
        let mut received = self.0.lock().unwrap();
        received
            .logs
            .extend(scopes.flat_map(|scope| scope.log_records));
        Ok(Response::new(Default::default()))
    }
}
