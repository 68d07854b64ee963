//! A load generator: requests that stay open until released, and clients that send requests in a loop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Version};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::client::conn::{http1, http2};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Requests to `/slow` that are in flight until they are released.
///
/// The handler reads the whole request, and the rest of the request body is sent on release.
pub(crate) struct HeldRequests {
    requests: JoinSet<Result<u16, String>>,
    release: watch::Sender<bool>,
}

/// Returns a request body whose only frame is sent on release.
fn held_body(mut release: watch::Receiver<bool>) -> UnsyncBoxBody<Bytes, Infallible> {
    let frame = async move {
        let _ = release.wait_for(|release| *release).await;
        Ok(Frame::data(Bytes::from_static(b".")))
    };
    StreamBody::new(stream::once(frame)).boxed_unsync()
}

impl HeldRequests {
    pub(crate) fn new() -> Self {
        Self {
            requests: JoinSet::new(),
            release: watch::Sender::new(false),
        }
    }

    /// Sends requests, each on a new connection.
    pub(crate) fn http1(&mut self, address: SocketAddr, count: usize) {
        for _ in 0..count {
            let release = self.release.subscribe();
            self.requests.spawn(async move {
                let stream = TcpStream::connect(address).await.map_err(error_chain)?;
                let (mut send, connection) = http1::handshake(TokioIo::new(stream))
                    .await
                    .map_err(error_chain)?;
                tokio::spawn(connection);
                let response = send
                    .send_request(slow("/slow?millis=0", Version::HTTP_11, release))
                    .await;
                read_response(response.map_err(error_chain)?).await
            });
        }
    }

    /// Sends requests on one connection.
    pub(crate) async fn http2(&mut self, address: SocketAddr, count: usize) {
        let stream = TcpStream::connect(address).await.unwrap();
        let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (send, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        let uri = format!("http://{address}/slow?millis=0");
        for _ in 0..count {
            let (mut send, release, uri) = (send.clone(), self.release.subscribe(), uri.clone());
            self.requests.spawn(async move {
                let response = send
                    .send_request(slow(&uri, Version::HTTP_2, release))
                    .await;
                read_response(response.map_err(error_chain)?).await
            });
        }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.requests.len()
    }

    /// Releases all requests, and returns their results.
    pub(crate) async fn release(self) -> Vec<Result<u16, String>> {
        self.release.send_replace(true);
        self.requests.join_all().await
    }
}

fn slow(
    uri: &str,
    version: Version,
    release: watch::Receiver<bool>,
) -> Request<UnsyncBoxBody<Bytes, Infallible>> {
    let request = Request::post(uri).version(version).header("host", "shop");
    request.body(held_body(release)).unwrap()
}

async fn read_response(response: http::Response<hyper::body::Incoming>) -> Result<u16, String> {
    let status = response.status().as_u16();
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(error_chain)?
        .to_bytes();
    if status == 200 && body != "done\n" {
        return Err(format!("unexpected body {body:?}"));
    }
    Ok(status)
}

fn error_chain(error: impl std::error::Error) -> String {
    use std::fmt::Write as _;
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}

/// Clients that send requests in a loop until they are stopped.
pub(crate) struct Clients {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    succeeded: AtomicUsize,
    failed: AtomicUsize,
    first_failure: std::sync::OnceLock<String>,
}

impl Clients {
    /// Starts clients that request these paths in turn.
    pub(crate) fn start(
        address: SocketAddr,
        clients: usize,
        paths: &'static [&'static str],
    ) -> Self {
        let mut this = Self {
            tasks: JoinSet::new(),
            stop: watch::Sender::new(false),
            counts: Arc::default(),
        };
        for client in 0..clients {
            let (stop, counts) = (this.stop.subscribe(), this.counts.clone());
            this.tasks.spawn(async move {
                let http = Client::builder(TokioExecutor::new()).build_http();
                for path in paths.iter().cycle().skip(client) {
                    if *stop.borrow() {
                        break;
                    }
                    match get(&http, &format!("http://{address}{path}")).await {
                        Ok(200) => _ = counts.succeeded.fetch_add(1, Ordering::Relaxed),
                        other => {
                            counts.failed.fetch_add(1, Ordering::Relaxed);
                            let _ = counts.first_failure.set(format!("{path}: {other:?}"));
                        }
                    }
                }
            });
        }
        this
    }

    /// Returns the number of requests with status 200 so far.
    pub(crate) fn succeeded(&self) -> usize {
        self.counts.succeeded.load(Ordering::Relaxed)
    }

    /// Returns the number of other requests so far.
    pub(crate) fn failed(&self) -> usize {
        self.counts.failed.load(Ordering::Relaxed)
    }

    /// Stops all clients after their current request. Returns the first failure.
    pub(crate) async fn stop(&mut self) -> Option<String> {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        self.counts.first_failure.get().cloned()
    }
}

type HttpClient = Client<HttpConnector, Empty<Bytes>>;

async fn get(client: &HttpClient, uri: &str) -> Result<u16, String> {
    let response = client
        .get(uri.parse().unwrap())
        .await
        .map_err(error_chain)?;
    let status = response.status().as_u16();
    response.into_body().collect().await.map_err(error_chain)?;
    Ok(status)
}
