//! A real receiver, built on the official messages and services, with faults on demand. It runs on a
//! thread of its own, so that it answers whatever the test's thread is doing.

use std::convert::Infallible;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use opentelemetry_proto::tonic::collector::logs::v1 as logs;
use opentelemetry_proto::tonic::collector::metrics::v1 as metrics;
use opentelemetry_proto::tonic::collector::trace::v1 as trace;
use prost::Message as _;
use tokio::net::{TcpListener, TcpSocket};
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tower_service::Service as _;

use crate::support::PATIENCE;

/// What the receiver does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    Takes,
    /// Takes it but for so many.
    Rejects(i64, &'static str),
    /// Answers with this status and these headers.
    Answers(u16, Vec<(&'static str, String)>),
    /// Answers gRPC with this code, and asks to wait for so long.
    Says(i32, Option<Duration>),
    /// Never answers.
    Hangs,
    /// Takes its time.
    Waits(Duration),
    /// Closes the connection before its answer.
    Leaves,
    /// Breaks off within the body of its answer.
    BreaksOff,
    /// Says that it took it, and never comes to the end of its answer.
    Stalls,
    /// Says that it took it, with a body that makes no sense.
    Babbles,
    /// Answers with more than anybody should read.
    Floods,
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// Without compression; of gRPC, empty.
    pub(crate) body: Bytes,
}

#[derive(Debug, Default)]
struct State {
    script: Vec<Does>,
    then: Option<Does>,
    spans: Vec<trace::ExportTraceServiceRequest>,
    metrics: Vec<metrics::ExportMetricsServiceRequest>,
    logs: Vec<logs::ExportLogsServiceRequest>,
}

type Shared = Arc<Mutex<State>>;
type Body = UnsyncBoxBody<Bytes, io::Error>;

#[derive(Debug)]
pub(crate) struct Receiver {
    address: SocketAddr,
    state: Shared,
    got: mpsc::Receiver<Got>,
    _stop: tokio::sync::oneshot::Sender<()>,
}

/// A port that nobody listens on, and nobody else can have.
pub(crate) fn reserve() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (socket.local_addr().unwrap(), socket)
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self::on(reserve().1, None)
    }

    /// A receiver on a port that was reserved. It listens when this returns.
    pub(crate) fn on(socket: TcpSocket, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let address = socket.local_addr().unwrap();
        let state = Shared::default();
        let (tell, got) = mpsc::channel();
        let (listens, listening) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = socket.listen(1024).unwrap();
                listens.send(()).unwrap();
                let serve = serve(listener, served, tell, tls);
                tokio::select! { () = serve => {}, _ = stopped => {} }
            });
        });
        listening.recv().unwrap();
        Self {
            address,
            state,
            got,
            _stop: stop,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does this with all requests from now on.
    pub(crate) fn does(&self, what: Does) {
        self.state.lock().unwrap().then = Some(what);
    }

    /// Does these with the next requests, before what it does otherwise.
    pub(crate) fn first(&self, script: impl IntoIterator<Item = Does>) {
        self.state.lock().unwrap().script = script.into_iter().collect();
    }

    /// The next request, for which it waits.
    #[track_caller]
    pub(crate) fn next(&self) -> Got {
        self.got.recv_timeout(PATIENCE).expect("a request arrives")
    }

    /// A request that is there already.
    pub(crate) fn try_next(&self) -> Option<Got> {
        self.got.try_recv().ok()
    }

    pub(crate) fn spans(&self) -> Vec<opentelemetry_proto::tonic::trace::v1::Span> {
        let state = self.state.lock().unwrap();
        let all = state
            .spans
            .iter()
            .flat_map(|request| &request.resource_spans);
        let all = all.flat_map(|resource| &resource.scope_spans);
        all.flat_map(|scope| scope.spans.clone()).collect()
    }

    pub(crate) fn trace_requests(&self) -> Vec<trace::ExportTraceServiceRequest> {
        self.state.lock().unwrap().spans.clone()
    }

    pub(crate) fn metric_requests(&self) -> Vec<metrics::ExportMetricsServiceRequest> {
        self.state.lock().unwrap().metrics.clone()
    }

    pub(crate) fn log_requests(&self) -> Vec<logs::ExportLogsServiceRequest> {
        self.state.lock().unwrap().logs.clone()
    }
}

async fn serve(
    listener: TcpListener,
    state: Shared,
    tell: mpsc::Sender<Got>,
    tls: Option<Arc<rustls::ServerConfig>>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let (state, tell, tls) = (Arc::clone(&state), tell.clone(), tls.clone());
        tokio::spawn(async move {
            let service =
                service_fn(move |request| answer(Arc::clone(&state), tell.clone(), request));
            let server = auto::Builder::new(TokioExecutor::new());
            // How a connection ends is the client's affair; the tests look at what it makes of it.
            match tls {
                None => drop(server.serve_connection(TokioIo::new(stream), service).await),
                Some(tls) => {
                    if let Ok(stream) = tokio_rustls::TlsAcceptor::from(tls).accept(stream).await {
                        drop(server.serve_connection(TokioIo::new(stream), service).await);
                    }
                }
            }
        });
    }
}

async fn answer(
    state: Shared,
    tell: mpsc::Sender<Got>,
    request: Request<Incoming>,
) -> Result<Response<Body>, io::Error> {
    let does = {
        let mut state = state.lock().unwrap();
        if state.script.is_empty() {
            state.then.clone().unwrap_or(Does::Takes)
        } else {
            state.script.remove(0)
        }
    };
    let (head, body) = request.into_parts();
    let mut got = Got {
        path: head.uri.path().to_owned(),
        headers: head.headers.clone(),
        body: Bytes::new(),
    };
    let grpc =
        head.headers.get("content-type") == Some(&HeaderValue::from_static("application/grpc"));
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    if !grpc {
        got.body = match head.headers.get("content-encoding") {
            Some(_) => {
                let mut plain = Vec::new();
                flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain)?;
                plain.into()
            }
            None => body.clone(),
        };
    }
    tell.send(got.clone()).ok();
    match does {
        Does::Hangs => std::future::pending().await,
        Does::Waits(time) => tokio::time::sleep(time).await,
        Does::Leaves => return Err(io::Error::other("leaves")),
        Does::Answers(status, headers) => {
            let mut response = Response::new(full(Bytes::new()));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            return Ok(response);
        }
        Does::BreaksOff | Does::Stalls => {
            let (send, frames) = tokio::sync::mpsc::channel(2);
            tokio::spawn(async move {
                let _ = send.send(Ok(Frame::data(Bytes::from_static(b"ab")))).await;
                // What is before it is to arrive first.
                tokio::time::sleep(Duration::from_millis(50)).await;
                if matches!(does, Does::Stalls) {
                    send.closed().await;
                }
                let _ = send.send(Err(io::Error::other("off"))).await;
            });
            let body = StreamBody::new(Frames(frames));
            let mut response = Response::new(body.boxed_unsync());
            response.headers_mut().insert("content-length", 10.into());
            return Ok(typed(response, grpc));
        }
        Does::Babbles => return Ok(typed(Response::new(full(vec![0xff; 40].into())), grpc)),
        Does::Floods => return Ok(typed(Response::new(full(vec![0; 5 << 20].into())), grpc)),
        Does::Takes | Does::Rejects(..) | Does::Says(..) => {}
    }
    if grpc {
        let mut routes = routes(&Official { state, does });
        let request = Request::from_parts(head, tonic::body::Body::new(Full::new(body)));
        let response = routes.call(request).await.unwrap();
        return Ok(response.map(|body| body.map_err(io::Error::other).boxed_unsync()));
    }
    Ok(take(&state, &got, &does))
}

struct Frames(tokio::sync::mpsc::Receiver<io::Result<Frame<Bytes>>>);

impl futures_core::Stream for Frames {
    type Item = io::Result<Frame<Bytes>>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
}

fn full(bytes: Bytes) -> Body {
    Full::new(bytes)
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

fn typed(mut response: Response<Body>, grpc: bool) -> Response<Body> {
    let kind = if grpc {
        "application/grpc"
    } else {
        "application/x-protobuf"
    };
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static(kind));
    response
}

/// Takes a request over HTTP, and answers as it was asked.
fn take(state: &Shared, got: &Got, does: &Does) -> Response<Body> {
    let json = got.headers.get("content-type").unwrap() == "application/json";
    let mut state = state.lock().unwrap();
    macro_rules! take {
        ($module:ident, $of:ident, $request:ident, $response:ident, $partial:ident, $rejected:ident) => {{
            let request: $module::$request = if json {
                serde_json::from_slice(&got.body).unwrap()
            } else {
                $module::$request::decode(&got.body[..]).unwrap()
            };
            state.$of.push(request);
            let partial_success = rejects(does).map(|(count, message)| $module::$partial {
                $rejected: count,
                error_message: message.to_owned(),
            });
            let response = $module::$response { partial_success };
            if json {
                serde_json::to_vec(&response).unwrap()
            } else {
                response.encode_to_vec()
            }
        }};
    }
    let body = match got.path.as_str() {
        "/v1/traces" => take!(
            trace,
            spans,
            ExportTraceServiceRequest,
            ExportTraceServiceResponse,
            ExportTracePartialSuccess,
            rejected_spans
        ),
        "/v1/metrics" => take!(
            metrics,
            metrics,
            ExportMetricsServiceRequest,
            ExportMetricsServiceResponse,
            ExportMetricsPartialSuccess,
            rejected_data_points
        ),
        "/v1/logs" => take!(
            logs,
            logs,
            ExportLogsServiceRequest,
            ExportLogsServiceResponse,
            ExportLogsPartialSuccess,
            rejected_log_records
        ),
        path => panic!("nothing is at {path}"),
    };
    let mut response = typed(Response::new(full(body.into())), false);
    if json {
        let kind = HeaderValue::from_static("application/json");
        response.headers_mut().insert("content-type", kind);
    }
    response
}

fn rejects(does: &Does) -> Option<(i64, &'static str)> {
    match does {
        Does::Rejects(count, message) => Some((*count, message)),
        _ => None,
    }
}

/// The official services, served by tonic.
#[derive(Clone)]
struct Official {
    state: Shared,
    does: Does,
}

fn routes(official: &Official) -> Routes {
    let trace = trace::trace_service_server::TraceServiceServer::new(official.clone());
    let metrics = metrics::metrics_service_server::MetricsServiceServer::new(official.clone());
    let logs = logs::logs_service_server::LogsServiceServer::new(official.clone());
    Routes::new(trace.accept_compressed(CompressionEncoding::Gzip))
        .add_service(metrics.accept_compressed(CompressionEncoding::Gzip))
        .add_service(logs.accept_compressed(CompressionEncoding::Gzip))
}

impl Official {
    fn status(&self) -> Result<(), tonic::Status> {
        let Does::Says(code, after) = self.does else {
            return Ok(());
        };
        let code = tonic::Code::from(code);
        let Some(after) = after else {
            return Err(tonic::Status::new(code, "not now"));
        };
        let details = Details {
            code: code.into(),
            message: "not now".to_owned(),
            details: vec![prost_any(after)],
        };
        Err(tonic::Status::with_details(
            code,
            "not now",
            details.encode_to_vec().into(),
        ))
    }
}

/// `google.rpc.Status`
#[derive(Clone, PartialEq, prost::Message)]
struct Details {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`
#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<Span>,
}

/// `google.protobuf.Duration`
#[derive(Clone, PartialEq, prost::Message)]
struct Span {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

fn prost_any(after: Duration) -> Any {
    let delay = Some(Span {
        seconds: after.as_secs() as i64,
        nanos: after.subsec_nanos() as i32,
    });
    Any {
        type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
        value: RetryInfo { delay }.encode_to_vec(),
    }
}

macro_rules! official {
    ($module:ident, $service:path, $of:ident, $request:ident, $response:ident, $partial:ident, $rejected:ident) => {
        #[tonic::async_trait]
        impl $service for Official {
            async fn export(
                &self,
                request: tonic::Request<$module::$request>,
            ) -> Result<tonic::Response<$module::$response>, tonic::Status> {
                self.status()?;
                self.state.lock().unwrap().$of.push(request.into_inner());
                let partial_success =
                    rejects(&self.does).map(|(count, message)| $module::$partial {
                        $rejected: count,
                        error_message: message.to_owned(),
                    });
                Ok(tonic::Response::new($module::$response { partial_success }))
            }
        }
    };
}

official!(
    trace,
    trace::trace_service_server::TraceService,
    spans,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
    ExportTracePartialSuccess,
    rejected_spans
);
official!(
    metrics,
    metrics::metrics_service_server::MetricsService,
    metrics,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
    ExportMetricsPartialSuccess,
    rejected_data_points
);
official!(
    logs,
    logs::logs_service_server::LogsService,
    logs,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
    ExportLogsPartialSuccess,
    rejected_log_records
);
