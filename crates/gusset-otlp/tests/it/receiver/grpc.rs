//! `grpc`, with the official services and tonic.

use std::io;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use opentelemetry_proto::tonic::collector::logs::v1 as logs;
use opentelemetry_proto::tonic::collector::metrics::v1 as metrics;
use opentelemetry_proto::tonic::collector::trace::v1 as trace;
use prost::Message as _;
use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tower_service::Service as _;

use super::{Behavior, Body, SharedState};

/// tonic's default limit for a message.
const TONIC_LIMIT: usize = 4 << 20;
/// OTLP's limit for a message.
const OTLP_LIMIT: usize = 64 << 20;

/// Accepts a request, wholly or in part, or responds with a status.
pub(super) async fn accept(
    state: SharedState,
    behavior: Behavior,
    request: Request<tonic::body::Body>,
) -> Response<Body> {
    let mut routes = routes(&GrpcService { state, behavior }, OTLP_LIMIT);
    let response = routes.call(request).await.unwrap();
    response.map(|body| body.map_err(io::Error::other).boxed_unsync())
}

/// Serves with tonic's own server. It accepts all messages up to its default limit.
pub(super) async fn serve(listener: TcpListener, state: SharedState, accept_http1: bool) {
    let behavior = Behavior::Accept;
    let routes = routes(&GrpcService { state, behavior }, TONIC_LIMIT);
    let server = tonic::transport::Server::builder()
        .accept_http1(accept_http1)
        .add_routes(routes);
    let _ = server
        .serve_with_incoming(TcpIncoming::from(listener))
        .await;
}

#[derive(Clone)]
struct GrpcService {
    state: SharedState,
    behavior: Behavior,
}

fn routes(service: &GrpcService, max_message_bytes: usize) -> Routes {
    let trace = trace::trace_service_server::TraceServiceServer::new(service.clone())
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(max_message_bytes);
    let metrics = metrics::metrics_service_server::MetricsServiceServer::new(service.clone())
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(max_message_bytes);
    let logs = logs::logs_service_server::LogsServiceServer::new(service.clone())
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(max_message_bytes);
    Routes::new(trace).add_service(metrics).add_service(logs)
}

impl GrpcService {
    fn status(&self, message_size: usize) -> Result<(), tonic::Status> {
        if let Behavior::MessageLimit(max_bytes, code, message) = self.behavior {
            if message_size > max_bytes {
                return Err(tonic::Status::new(code, message));
            }
        }
        let Behavior::GrpcStatus(code, retry_delay) = self.behavior else {
            return Ok(());
        };
        let code = tonic::Code::from(code);
        let Some(retry_delay) = retry_delay else {
            return Err(tonic::Status::new(code, "unavailable"));
        };
        let status = RpcStatus {
            code: code.into(),
            message: "unavailable".to_owned(),
            details: vec![retry_info(retry_delay)],
        };
        Err(tonic::Status::with_details(
            code,
            "unavailable",
            status.encode_to_vec().into(),
        ))
    }
}

/// `google.rpc.Status`
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<ProtoAny>,
}

/// `google.protobuf.Any`
#[derive(Clone, PartialEq, prost::Message)]
struct ProtoAny {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<ProtoDuration>,
}

/// `google.protobuf.Duration`
#[derive(Clone, PartialEq, prost::Message)]
struct ProtoDuration {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

fn retry_info(delay: Duration) -> ProtoAny {
    let delay = Some(ProtoDuration {
        seconds: delay.as_secs() as i64,
        nanos: delay.subsec_nanos() as i32,
    });
    ProtoAny {
        type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
        value: RetryInfo { delay }.encode_to_vec(),
    }
}

macro_rules! service {
    ($module:ident, $service:path, $field:ident, $request:ident, $response:ident, $partial:ident, $rejected:ident) => {
        #[tonic::async_trait]
        impl $service for GrpcService {
            async fn export(
                &self,
                request: tonic::Request<$module::$request>,
            ) -> Result<tonic::Response<$module::$response>, tonic::Status> {
                self.status(request.get_ref().encoded_len())?;
                let request = request.into_inner();
                self.state.lock().unwrap().$field.push(request);
                let partial_success = self.behavior.partial_success();
                let partial_success = partial_success.map(|(count, message)| $module::$partial {
                    $rejected: count,
                    error_message: message.to_owned(),
                });
                Ok(tonic::Response::new($module::$response { partial_success }))
            }
        }
    };
}

service!(
    trace,
    trace::trace_service_server::TraceService,
    spans,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
    ExportTracePartialSuccess,
    rejected_spans
);
service!(
    metrics,
    metrics::metrics_service_server::MetricsService,
    metrics,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
    ExportMetricsPartialSuccess,
    rejected_data_points
);
service!(
    logs,
    logs::logs_service_server::LogsService,
    logs,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
    ExportLogsPartialSuccess,
    rejected_log_records
);
