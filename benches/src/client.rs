//! The cost of the phases of a client's calls, on a connection that is used again.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gusset_client::ClientTimer;
use gusset_prometheus::PrometheusExporter;
use http::{Request, Response, Uri};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioExecutor;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::{Scenario, Work, WorkFactory};

/// The client of hyper-util without a layer.
pub const BARE: &str = "client/bare";
const TIMES: u64 = 1000;
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\nhello, world";

/// A connector of connections that answer each request at once.
#[derive(Clone, Copy, Debug)]
struct Answering;

/// A connection that has an answer to read for each write.
#[derive(Debug, Default)]
struct Answers {
    to_read: &'static [u8],
    reader: Option<Waker>,
}

/// Returns the scenarios of a client.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, make| Scenario {
        name,
        about,
        baseline: Some(BARE),
        times: TIMES,
        make,
    };
    vec![
        Scenario {
            baseline: None,
            ..scenario(BARE, "nothing", bare)
        },
        scenario("client/phases", "the phases of a call", || phases(false)),
        scenario(
            "client/phases-metrics",
            "the phases of a call, Prometheus exporter",
            || phases(true),
        ),
    ]
}

fn bare() -> WorkFactory {
    Box::new(|| work(Client::builder(TokioExecutor::new()).build(Answering)))
}

fn phases(has_metrics: bool) -> WorkFactory {
    Box::new(move || {
        let mut timer = ClientTimer::builder();
        if has_metrics {
            let prometheus = PrometheusExporter::builder().build();
            let prometheus = prometheus.expect("the defaults are valid");
            timer = timer.recorder(prometheus.recorder());
        }
        let timer = timer.build().expect("the defaults are valid");
        let connector = timer.connector(Answering);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        work(timer.layer().layer(client))
    })
}

/// Returns calls of a client, on a runtime of one thread.
fn work<S, B>(mut client: S) -> Work
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + 'static,
    S::Error: std::fmt::Debug,
    B: Body,
    B::Error: std::fmt::Debug,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime without drivers needs nothing");
    let uri = Uri::from_static("http://orders:8080/items/7");
    Box::new(move || {
        let mut req = Request::new(Full::new(Bytes::new()));
        *req.uri_mut() = uri.clone();
        runtime.block_on(async {
            let called = client.call(req).await.expect("the connection answers");
            let body = called.into_body().collect().await;
            assert_eq!(body.expect("the body is complete").to_bytes().len(), 12);
        });
    })
}

// === impl Answering ===

impl Service<Uri> for Answering {
    type Response = Answers;
    type Error = Infallible;
    type Future = Ready<Result<Answers, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(Ok(Answers::default()))
    }
}

// === impl Answers ===

impl Connection for Answers {
    fn connected(&self) -> Connected {
        // As TCP connections have their addresses.
        Connected::new().extra(())
    }
}

impl Read for Answers {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.to_read.is_empty() {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let (read, rest) = self
            .to_read
            .split_at(self.to_read.len().min(buf.remaining()));
        buf.put_slice(read);
        self.to_read = rest;
        Poll::Ready(Ok(()))
    }
}

impl Write for Answers {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.to_read = RESPONSE;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
