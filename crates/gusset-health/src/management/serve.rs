//! The listener at work.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use gusset_http::{Endpoint, RequestHead};
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

use crate::running::race;

/// How many connections are served at a time; more wait to be accepted. Whoever probes opens one for
/// each probe, and several watch.
const CONNECTIONS: usize = 256;

/// How long a connection may last; then it is closed after the answer under way.
const LIFETIME: Duration = Duration::from_secs(600);

/// How long answers under way may take once the listener stops.
const GRACE: Duration = Duration::from_secs(1);

type Answer = Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>;
/// An endpoint behind a pointer.
pub(super) type Mounted = Box<dyn Fn(RequestHead<'_>) -> Answer + Send + Sync>;
type Paths = Arc<BTreeMap<String, Mounted>>;

pub(super) fn mounted(endpoint: impl Endpoint) -> Mounted {
    Box::new(move |head| Box::pin(endpoint.answer(head)))
}

/// What the accepting loop woke up for.
enum Event {
    Stop,
    Accepted(io::Result<TcpStream>),
}

/// Serves `paths` until the other end of `stopped` is dropped.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    paths: Paths,
    stopped: watch::Receiver<()>,
) {
    let Ok(listener) = TcpListener::from_std(listener)
        .inspect_err(|error| tracing::error!(%error, "probes are not served"))
    else {
        return;
    };
    let mut connections = JoinSet::new();
    loop {
        match next(&listener, &mut connections, stopped.clone()).await {
            Event::Stop => break,
            Event::Accepted(Ok(stream)) => {
                connections.spawn(connection(stream, paths.clone(), stopped.clone()));
            }
            // Out of descriptors, most likely: trying again at once would only burn the processor.
            Event::Accepted(Err(error)) => {
                tracing::warn!(%error, "a probe was not accepted");
                let mut stopped = stopped.clone();
                let _ = timeout(GRACE, stopped.changed()).await;
            }
        }
    }
    drop(listener);
    // They hear the same signal; those that do not heed it end with the set.
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(GRACE, all).await;
}

async fn next(
    listener: &TcpListener,
    connections: &mut JoinSet<()>,
    mut stopped: watch::Receiver<()>,
) -> Event {
    let mut stop = pin!(stopped.changed());
    poll_fn(|cx| {
        if stop.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Event::Stop);
        }
        while let Poll::Ready(Some(_)) = connections.poll_join_next(cx) {}
        if connections.len() >= CONNECTIONS {
            return Poll::Pending;
        }
        let accepted = listener.poll_accept(cx);
        accepted.map(|accepted| Event::Accepted(accepted.map(|(stream, _)| stream)))
    })
    .await
}

/// Serves one connection until it ends, has lasted long enough, or the listener stops.
async fn connection(stream: TcpStream, paths: Paths, mut stopped: watch::Receiver<()>) {
    let service = service_fn(move |req| answer(paths.clone(), req));
    let mut http = http1::Builder::new();
    // A head that never ends is cut off: who holds connections open holds up probes.
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(10));
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let over = async { race(stopped.changed(), sleep(LIFETIME)).await };
    if let crate::running::Race::First(_) = race(connection.as_mut(), over).await {
        return;
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(GRACE, connection).await;
}

async fn answer(paths: Paths, req: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Some(mounted) = paths.get(req.uri().path()) {
        return Ok(mounted(RequestHead::from(&req)).await);
    }
    let mut response = Response::new(Full::from("nothing is at this path\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}
