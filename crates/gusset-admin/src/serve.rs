//! The accept loop and its connections.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gusset_http::{RequestHead, Routes};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long request headers may take, because a connection that is held open takes a place.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may last; then it is closed after the response in progress. Longer than any
/// sensible scrape interval, short enough that clients that never read do not accumulate.
const MAX_CONNECTION_AGE: Duration = Duration::from_secs(600);

/// How long the last response on an old connection may take: more than scrapers allow for one.
const LAST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long responses in progress may take once the server stops, and how long the accept loop waits
/// after a connection could not be accepted.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// What the thread of a server runs.
pub(crate) struct Serve {
    pub(crate) routes: Arc<Routes>,
    pub(crate) fallback: Bytes,
    pub(crate) max_connections: usize,
    /// Changes when the server is to stop.
    pub(crate) stopped: watch::Receiver<()>,
}

// === impl Serve ===

impl Serve {
    /// Serves until the sender of `stopped` is dropped.
    pub(crate) async fn run(mut self, listener: std::net::TcpListener) {
        let listener = match TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, "the management server cannot serve its listener");
                return;
            }
        };
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                _ = self.stopped.changed() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept(), if connections.len() < self.max_connections => {
                    match accepted {
                        Ok((stream, _)) => {
                            connections.spawn(self.connection(stream));
                        }
                        // Most likely out of file descriptors: an immediate retry would only use up
                        // the processor.
                        Err(error) => {
                            tracing::warn!(%error, "the management server did not accept a connection");
                            let _ = timeout(SHUTDOWN_TIMEOUT, self.stopped.changed()).await;
                        }
                    }
                }
            }
        }
        drop(listener);
        // Connections receive the same signal; those that do not end by the deadline end with the set.
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = timeout(SHUTDOWN_TIMEOUT, all).await;
    }

    /// Serves one connection until it ends, is too old, or the server stops.
    fn connection(&self, stream: TcpStream) -> impl Future<Output = ()> + Send + use<> {
        let (routes, fallback) = (self.routes.clone(), self.fallback.clone());
        let mut stopped = self.stopped.clone();
        async move {
            let service = service_fn(move |req| answer(routes.clone(), fallback.clone(), req));
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new())
                .header_read_timeout(HEADERS_TIMEOUT);
            let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stopped.changed() => {}
                () = sleep(MAX_CONNECTION_AGE) => {}
            }
            connection.as_mut().graceful_shutdown();
            let _ = timeout(LAST_RESPONSE_TIMEOUT, connection).await;
        }
    }
}

async fn answer(
    routes: Arc<Routes>,
    fallback: Bytes,
    req: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Some(response) = routes.answer(RequestHead::from(&req)) {
        return Ok(response.await);
    }
    let mut response = Response::new(Full::from(fallback));
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}
