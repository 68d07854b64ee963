//! A receiver that is built on the official messages and services, with scripted faults.
//!
//! It runs on its own thread, so that it responds while the thread of the test blocks.

mod behavior;
mod grpc;
mod http;

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use opentelemetry_proto::tonic::collector::logs::v1 as logs;
use opentelemetry_proto::tonic::collector::metrics::v1 as metrics;
use opentelemetry_proto::tonic::collector::trace::v1 as trace;
use tokio::net::{TcpListener, TcpSocket};

use crate::support::TEST_TIMEOUT;

pub(crate) use behavior::{Behavior, BodyLimit};

/// A received request.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// The decompressed body. Empty for gRPC.
    pub(crate) body: Bytes,
}

#[derive(Debug, Default)]
struct State {
    script: Vec<Behavior>,
    behavior: Option<Behavior>,
    spans: Vec<trace::ExportTraceServiceRequest>,
    metrics: Vec<metrics::ExportMetricsServiceRequest>,
    logs: Vec<logs::ExportLogsServiceRequest>,
}

type SharedState = Arc<Mutex<State>>;
type Body = UnsyncBoxBody<Bytes, io::Error>;

#[derive(Debug)]
pub(crate) struct Receiver {
    address: SocketAddr,
    state: SharedState,
    requests: mpsc::Receiver<ReceivedRequest>,
    _stop: tokio::sync::oneshot::Sender<()>,
}

/// Reserves a port on which no process listens.
pub(crate) fn reserve_port() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (socket.local_addr().unwrap(), socket)
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self::listen_on(reserve_port().1, None)
    }

    /// Starts a receiver that is tonic's own server, with tonic's limit of 4 MiB for a message.
    pub(crate) fn start_tonic(accept_http1: bool) -> Self {
        let listen = move |listener, state, _, _| grpc::serve(listener, state, accept_http1);
        Self::serve_on(reserve_port().1, None, listen)
    }

    /// Starts a receiver on a reserved port. It listens when this returns.
    pub(crate) fn listen_on(socket: TcpSocket, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        Self::serve_on(socket, tls, serve)
    }

    fn serve_on<F: Future<Output = ()>>(
        socket: TcpSocket,
        tls: Option<Arc<rustls::ServerConfig>>,
        serve: impl FnOnce(
            TcpListener,
            SharedState,
            mpsc::Sender<ReceivedRequest>,
            Option<Arc<rustls::ServerConfig>>,
        ) -> F
        + Send
        + 'static,
    ) -> Self {
        let address = socket.local_addr().unwrap();
        let state = SharedState::default();
        let (sender, requests) = mpsc::channel();
        let (listens, listening) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let server_state = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = socket.listen(1024).unwrap();
                listens.send(()).unwrap();
                let serve = serve(listener, server_state, sender, tls);
                tokio::select! { () = serve => {}, _ = stopped => {} }
            });
        });
        listening.recv().unwrap();
        Self {
            address,
            state,
            requests,
            _stop: stop,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the behavior for all requests that are not scripted.
    pub(crate) fn set_behavior(&self, behavior: Behavior) {
        self.state.lock().unwrap().behavior = Some(behavior);
    }

    /// Sets the behavior for each of the next requests.
    pub(crate) fn script(&self, script: impl IntoIterator<Item = Behavior>) {
        self.state.lock().unwrap().script = script.into_iter().collect();
    }

    /// Waits for the next request.
    #[track_caller]
    pub(crate) fn next_request(&self) -> ReceivedRequest {
        self.requests
            .recv_timeout(TEST_TIMEOUT)
            .expect("a request arrives")
    }

    /// Returns the next request if it has arrived.
    pub(crate) fn try_next_request(&self) -> Option<ReceivedRequest> {
        self.requests.try_recv().ok()
    }

    pub(crate) fn spans(&self) -> Vec<opentelemetry_proto::tonic::trace::v1::Span> {
        let state = self.state.lock().unwrap();
        let resources = state
            .spans
            .iter()
            .flat_map(|request| &request.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
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

impl Receiver {
    /// Returns the values of the attribute `text` of all spans and data points, and the bodies of all
    /// records, in the order of [`Signal::ALL`](gusset_otlp::Signal::ALL).
    pub(crate) fn texts(&self) -> [Vec<String>; 3] {
        use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
        use opentelemetry_proto::tonic::metrics::v1::metric::Data;

        let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
            Some(Value::StringValue(text)) => text,
            other => panic!("{other:?}"),
        };
        let attribute = |all: Vec<KeyValue>| {
            let mut all = all.into_iter().filter(|attribute| attribute.key == "text");
            text(all.next().and_then(|attribute| attribute.value))
        };
        let spans = self.spans().into_iter();
        let metrics = self.metric_requests().into_iter();
        let metrics = metrics.flat_map(|request| request.resource_metrics);
        let metrics = metrics.flat_map(|resource| resource.scope_metrics);
        let metrics = metrics.flat_map(|scope| scope.metrics);
        let points = metrics.flat_map(|metric| match metric.data {
            Some(Data::Sum(sum)) => sum.data_points,
            other => panic!("{other:?}"),
        });
        let records = self.log_requests().into_iter();
        let records = records.flat_map(|request| request.resource_logs);
        let records = records.flat_map(|resource| resource.scope_logs);
        let records = records.flat_map(|scope| scope.log_records);
        [
            spans.map(|span| attribute(span.attributes)).collect(),
            points.map(|point| attribute(point.attributes)).collect(),
            records.map(|record| text(record.body)).collect(),
        ]
    }
}

async fn serve(
    listener: TcpListener,
    state: SharedState,
    requests: mpsc::Sender<ReceivedRequest>,
    tls: Option<Arc<rustls::ServerConfig>>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let (state, requests, tls) = (Arc::clone(&state), requests.clone(), tls.clone());
        tokio::spawn(async move {
            let service =
                service_fn(move |request| respond(Arc::clone(&state), requests.clone(), request));
            let server = auto::Builder::new(TokioExecutor::new());
            // Connection errors are expected: tests check how the client handles them.
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

async fn respond(
    state: SharedState,
    requests: mpsc::Sender<ReceivedRequest>,
    request: Request<Incoming>,
) -> Result<Response<Body>, io::Error> {
    let behavior = {
        let mut state = state.lock().unwrap();
        if state.script.is_empty() {
            state.behavior.clone().unwrap_or(Behavior::Accept)
        } else {
            state.script.remove(0)
        }
    };
    let (parts, body) = request.into_parts();
    let mut received = ReceivedRequest {
        path: parts.uri.path().to_owned(),
        headers: parts.headers.clone(),
        body: Bytes::new(),
    };
    let length = hyper::body::Body::size_hint(&body).lower();
    match behavior {
        Behavior::BodyLimit(limit) if limit.early && length > limit.max_bytes as u64 => {
            return Ok(limit.response());
        }
        Behavior::CloseAbove(max_bytes) if length > max_bytes => {
            return Err(io::Error::other("closed"));
        }
        _ => {}
    }
    let grpc =
        parts.headers.get("content-type") == Some(&HeaderValue::from_static("application/grpc"));
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let body_size = body.len();
    if !grpc {
        received.body = match parts.headers.get("content-encoding") {
            Some(_) => {
                let mut plain = Vec::new();
                flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain)?;
                plain.into()
            }
            None => body.clone(),
        };
    }
    requests.send(received.clone()).ok();
    match behavior {
        Behavior::NeverRespond => std::future::pending().await,
        Behavior::Delay(time) => tokio::time::sleep(time).await,
        Behavior::CloseConnection => return Err(io::Error::other("closed")),
        Behavior::HttpStatus(status, headers) => {
            let mut response = Response::new(full(Bytes::new()));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            return Ok(response);
        }
        Behavior::AbortBody | Behavior::StallBody => {
            let stalls = matches!(behavior, Behavior::StallBody);
            return Ok(with_content_type(incomplete_response(stalls), grpc));
        }
        Behavior::GarbageBody => {
            let response = Response::new(full(vec![0xff; 40].into()));
            return Ok(with_content_type(response, grpc));
        }
        Behavior::OversizedBody => {
            let response = Response::new(full(vec![0; 5 << 20].into()));
            return Ok(with_content_type(response, grpc));
        }
        Behavior::BodyLimit(limit) => {
            let size = match limit.decompressed {
                true => received.body.len(),
                false => body_size,
            };
            if size > limit.max_bytes {
                return Ok(limit.response());
            }
        }
        Behavior::Accept
        | Behavior::CloseAbove(_)
        | Behavior::Reject(..)
        | Behavior::GrpcStatus(..)
        | Behavior::MessageLimit(..) => {}
    }
    if grpc {
        let request = Request::from_parts(parts, tonic::body::Body::new(Full::new(body)));
        return Ok(grpc::accept(state, behavior, request).await);
    }
    Ok(http::accept(&state, &received, &behavior))
}

/// Returns a response whose body stalls or breaks off after two bytes.
fn incomplete_response(stalls: bool) -> Response<Body> {
    let (send, frames) = tokio::sync::mpsc::channel(2);
    tokio::spawn(async move {
        let _ = send.send(Ok(Frame::data(Bytes::from_static(b"ab")))).await;
        // The first bytes are to arrive before the error.
        tokio::time::sleep(Duration::from_millis(50)).await;
        if stalls {
            send.closed().await;
        }
        let _ = send.send(Err(io::Error::other("aborted"))).await;
    });
    let body = StreamBody::new(Frames(frames));
    let mut response = Response::new(body.boxed_unsync());
    response.headers_mut().insert("content-length", 10.into());
    response
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
        .map_err(|never| match never {})
        .boxed_unsync()
}

fn with_content_type(mut response: Response<Body>, grpc: bool) -> Response<Body> {
    let content_type = if grpc {
        "application/grpc"
    } else {
        "application/x-protobuf"
    };
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static(content_type));
    response
}
