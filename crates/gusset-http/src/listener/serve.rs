//! The listener at work.

use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
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

use super::Served;
use crate::RequestHead;

/// How long a head may take: who holds connections open holds up others.
const HEAD: Duration = Duration::from_secs(10);

/// How long a connection may last; then it is closed after the answer under way. Longer than any
/// sensible interval between two answers, short enough that those who never read do not pile up.
const LIFETIME: Duration = Duration::from_secs(600);

/// How long the last answer on an old connection may take: what scrapers allow for one, and more.
const LAST_ANSWER: Duration = Duration::from_secs(30);

/// How long answers under way may take once the listener stops.
const GRACE: Duration = Duration::from_secs(1);

/// What serves.
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) served: Arc<Served>,
    pub(super) connections: usize,
    pub(super) stopped: watch::Receiver<()>,
}

/// What the accepting loop woke up for.
enum Event {
    Stop,
    Accepted(io::Result<TcpStream>),
}

// === impl Server ===

impl Server {
    /// Serves until the other end of `stopped` is dropped.
    pub(super) async fn run(self, listener: std::net::TcpListener) {
        let name = self.name;
        let Ok(listener) = TcpListener::from_std(listener)
            .inspect_err(|error| tracing::error!(%error, listener = name, "nothing is served"))
        else {
            return;
        };
        let mut connections = JoinSet::new();
        loop {
            match self.next(&listener, &mut connections).await {
                Event::Stop => break,
                Event::Accepted(Ok(stream)) => {
                    let (served, stopped) = (self.served.clone(), self.stopped.clone());
                    connections.spawn(connection(stream, served, stopped));
                }
                // Out of descriptors, most likely: trying again at once would only burn the
                // processor.
                Event::Accepted(Err(error)) => {
                    tracing::warn!(%error, listener = name, "a connection was not accepted");
                    let mut stopped = self.stopped.clone();
                    let _ = timeout(GRACE, stopped.changed()).await;
                }
            }
        }
        drop(listener);
        // They hear the same signal; those that do not heed it end with the set.
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = timeout(GRACE, all).await;
    }

    async fn next(&self, listener: &TcpListener, connections: &mut JoinSet<()>) -> Event {
        let mut stopped = self.stopped.clone();
        let mut stop = pin!(stopped.changed());
        poll_fn(|cx| {
            if stop.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Event::Stop);
            }
            while let Poll::Ready(Some(_)) = connections.poll_join_next(cx) {}
            if connections.len() >= self.connections {
                return Poll::Pending;
            }
            let accepted = listener.poll_accept(cx);
            accepted.map(|accepted| Event::Accepted(accepted.map(|(stream, _)| stream)))
        })
        .await
    }
}

/// Serves one connection until it ends, has lasted long enough, or the listener stops.
async fn connection(stream: TcpStream, served: Arc<Served>, mut stopped: watch::Receiver<()>) {
    let service = service_fn(move |req| answer(served.clone(), req));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    {
        let mut stop = pin!(stopped.changed());
        let mut old = pin!(sleep(LIFETIME));
        let ended = poll_fn(|cx| {
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            let stop = stop.as_mut().poll(cx).is_ready() || old.as_mut().poll(cx).is_ready();
            if stop {
                Poll::Ready(false)
            } else {
                Poll::Pending
            }
        });
        if ended.await {
            return;
        }
    }
    connection.as_mut().graceful_shutdown();
    // Either it ends or its time is up; who waits for an answer sees which.
    let _ = timeout(LAST_ANSWER, connection).await;
}

async fn answer(
    served: Arc<Served>,
    req: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Some(mounted) = served.paths.get(req.uri().path()) {
        return Ok(mounted(RequestHead::from(&req)).await);
    }
    let mut response = Response::new(Full::from(served.otherwise));
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}
