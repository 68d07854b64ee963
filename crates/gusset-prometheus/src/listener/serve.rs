//! The listener at work.

use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use gusset_http::{Endpoint as _, RequestHead};
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

use crate::Page;

/// How many connections are served at a time; more wait to be accepted. A handful of scrapers is
/// usual, and each page in flight takes memory.
const CONNECTIONS: usize = 64;

/// How long a connection may last; then it is closed after the answer under way. Longer than any
/// sensible interval between scrapes, short enough that those who never read do not pile up.
const LIFETIME: Duration = Duration::from_secs(600);

/// How long the last answer on a connection may take: what scrapers allow for one, and more.
const LAST_ANSWER: Duration = Duration::from_secs(30);

/// How long answers under way may take once the listener stops.
const GRACE: Duration = Duration::from_secs(1);

/// What the accepting loop woke up for.
enum Event {
    Stop,
    Accepted(io::Result<TcpStream>),
}

/// Serves `page` until the other end of `stopped` is dropped.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    page: Page,
    stopped: watch::Receiver<()>,
) {
    let Ok(listener) = TcpListener::from_std(listener)
        .inspect_err(|error| tracing::error!(%error, "the scrape page is not served"))
    else {
        return;
    };
    let mut connections = JoinSet::new();
    loop {
        match next(&listener, &mut connections, stopped.clone()).await {
            Event::Stop => break,
            Event::Accepted(Ok(stream)) => {
                connections.spawn(connection(stream, page.clone(), stopped.clone()));
            }
            // Out of descriptors, most likely: trying again at once would only burn the processor.
            Event::Accepted(Err(error)) => {
                tracing::warn!(%error, "a scrape was not accepted");
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
async fn connection(stream: TcpStream, page: Page, mut stopped: watch::Receiver<()>) {
    let service = service_fn(move |req| answer(page.clone(), req));
    let mut http = http1::Builder::new();
    // A head that never ends is cut off, after thirty seconds.
    http.timer(TokioTimer::new());
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
    // Either it ends or its time is up; the scraper sees which.
    let _ = timeout(LAST_ANSWER, connection).await;
}

async fn answer(page: Page, req: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if req.uri().path() == "/metrics" {
        return Ok(page.answer(RequestHead::from(&req)).await);
    }
    let mut response = Response::new(Full::from("the page is at /metrics\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}
