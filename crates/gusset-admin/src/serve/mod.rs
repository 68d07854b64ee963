//! The accept loop and its connections.

mod activity;
mod close_reason;
mod connections;
mod reserve;
mod stream;
#[cfg(test)]
mod stream_tests;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use gusset_data::SharedRecorder;
use gusset_http::{EndpointBody, RequestHead, Routes};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use self::activity::Activity;
use self::close_reason::{CloseReason, Closures};
use self::connections::Connections;
pub(crate) use self::reserve::Reserve;
use self::stream::TrackedStream;

/// How long request headers may take, because a connection that is held open takes a place.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may last; then it is closed after the response in progress. Longer than any
/// sensible scrape interval, short enough that clients that never read do not accumulate.
const MAX_CONNECTION_AGE: Duration = Duration::from_secs(600);

/// How long the last response on an old connection may take: more than scrapers allow for one.
const LAST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long responses in progress may take once the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// How often stalled connections are looked for.
const STALL_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How long the accept loop waits when a connection cannot be accepted by any means. An immediate retry
/// would only use up the processor; a probe times out after a second.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// What the thread of a server runs.
pub(crate) struct Serve {
    pub(crate) routes: Arc<Routes>,
    pub(crate) fallback: Bytes,
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_peer: usize,
    pub(crate) recorder: Option<SharedRecorder>,
    /// Changes when the server is to stop.
    pub(crate) stopped: watch::Receiver<()>,
}

// === impl Serve ===

impl Serve {
    /// Serves until the sender of `stopped` is dropped.
    pub(crate) async fn run(mut self, listener: std::net::TcpListener, reserve: Reserve) {
        let listener = match TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(
                    target: "gusset::admin",
                    "the management server cannot serve its listener: {error}"
                );
                return;
            }
        };
        let mut connections = Connections::new(
            self.max_connections,
            self.max_connections_per_peer,
            Closures::new(self.recorder.as_ref()),
        );
        let mut stall_check = interval(STALL_CHECK_INTERVAL);
        stall_check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut exhaustion_logged = false;
        loop {
            let accepted = tokio::select! {
                biased;
                _ = self.stopped.changed() => break,
                Some(()) = connections.next_ended() => continue,
                _ = stall_check.tick(), if !connections.is_empty() => {
                    connections.close_stalled(Instant::now());
                    continue;
                }
                accepted = listener.accept() => accepted,
            };
            let accepted = match accepted {
                Ok(accepted) => Some(accepted),
                Err(error) if concerns_one_connection(&error) => None,
                Err(error) => {
                    if !std::mem::replace(&mut exhaustion_logged, true) {
                        tracing::warn!(
                            target: "gusset::admin",
                            "the management server cannot accept a connection, most likely because \
                             the process has no file descriptors left: it uses those that it keeps \
                             in reserve. This is logged once: {error}",
                        );
                    }
                    self.accept_with_reserve(&listener, &reserve, &mut connections)
                        .await
                }
            };
            if let Some((stream, peer)) = accepted {
                let activity = Arc::new(Activity::new());
                let stream = TrackedStream::new(stream, activity.clone(), reserve.clone());
                let connection = self.connection(stream, activity.clone());
                connections.spawn(peer.ip(), activity, connection);
                // Each connection runs before the next is accepted, so that a flood of others does not
                // close a probe that has sent its request.
                yield_now().await;
            }
        }
        drop(listener);
        reserve.close();
        // Connections receive the same signal; those that do not end by the deadline end with the set.
        connections.join_all(SHUTDOWN_TIMEOUT).await;
    }

    /// Accepts a connection with a descriptor of the reserve or of another connection.
    async fn accept_with_reserve(
        &mut self,
        listener: &TcpListener,
        reserve: &Reserve,
        connections: &mut Connections,
    ) -> Option<(TcpStream, SocketAddr)> {
        if !reserve.release() {
            // The descriptor of a closed connection goes into the reserve.
            connections.close_idlest(CloseReason::NoDescriptors).await;
            if !reserve.release() {
                self.pause().await;
                return None;
            }
        }
        match poll_fn(|cx| Poll::Ready(listener.poll_accept(cx))).await {
            Poll::Ready(Ok(accepted)) => Some(accepted),
            // Linux looks for a descriptor before it looks for a connection: no client was waiting.
            Poll::Pending => {
                reserve.fill();
                None
            }
            // Another thread was faster.
            Poll::Ready(Err(_)) => {
                reserve.fill();
                self.pause().await;
                None
            }
        }
    }

    async fn pause(&mut self) {
        let _ = timeout(ACCEPT_RETRY_DELAY, self.stopped.changed()).await;
    }

    /// Serves one connection until it ends, is too old, or the server stops.
    fn connection(
        &self,
        stream: TrackedStream,
        activity: Arc<Activity>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (routes, fallback) = (self.routes.clone(), self.fallback.clone());
        let mut stopped = self.stopped.clone();
        let of_connection = activity.clone();
        async move {
            let service = service_fn(move |req| {
                let (routes, fallback) = (routes.clone(), fallback.clone());
                let activity = activity.clone();
                async move {
                    activity.request_received();
                    let response = answer(&routes, fallback, &req).await;
                    activity.response_ready(response.body().is_stream());
                    Ok::<_, Infallible>(response)
                }
            });
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new())
                .header_read_timeout(HEADERS_TIMEOUT);
            let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stopped.changed() => {}
                () = sleep(MAX_CONNECTION_AGE) => {}
            }
            if of_connection.is_streaming() {
                // It has no end to wait for. Its client connects again.
                return;
            }
            connection.as_mut().graceful_shutdown();
            let _ = timeout(LAST_RESPONSE_TIMEOUT, connection).await;
        }
    }
}

/// Returns whether an error of `accept` concerns the connection and not the listener.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

async fn answer(
    routes: &Routes,
    fallback: Bytes,
    req: &Request<Incoming>,
) -> Response<EndpointBody> {
    if let Some(response) = routes.answer(RequestHead::from(req)) {
        return response.await;
    }
    let mut response = Response::new(EndpointBody::from(fallback));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
