//! A small generator of load: calls that are under way for as long as it wants, and calls one after
//! another.

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

/// Calls of the shop's slow page, which reads a request to its end: each is under way until it is let.
pub(crate) struct Held {
    calls: JoinSet<Result<u16, String>>,
    go: watch::Sender<bool>,
}

/// The rest of a request, which comes when it is let.
fn rest(mut go: watch::Receiver<bool>) -> UnsyncBoxBody<Bytes, Infallible> {
    let piece = async move {
        let _ = go.wait_for(|go| *go).await;
        Ok(Frame::data(Bytes::from_static(b".")))
    };
    StreamBody::new(stream::once(piece)).boxed_unsync()
}

impl Held {
    pub(crate) fn new() -> Self {
        let (calls, go) = (JoinSet::new(), watch::Sender::new(false));
        Self { calls, go }
    }

    /// So many, each on a connection of its own.
    pub(crate) fn http1(&mut self, address: SocketAddr, calls: usize) {
        for _ in 0..calls {
            let go = self.go.subscribe();
            self.calls.spawn(async move {
                let stream = TcpStream::connect(address).await.map_err(text)?;
                let (mut send, connection) =
                    http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
                tokio::spawn(connection);
                let answer = send
                    .send_request(slow("/slow?millis=0", Version::HTTP_11, go))
                    .await;
                whole(answer.map_err(text)?).await
            });
        }
    }

    /// So many on one connection.
    pub(crate) async fn http2(&mut self, address: SocketAddr, calls: usize) {
        let stream = TcpStream::connect(address).await.unwrap();
        let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (send, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        let uri = format!("http://{address}/slow?millis=0");
        for _ in 0..calls {
            let (mut send, go, uri) = (send.clone(), self.go.subscribe(), uri.clone());
            self.calls.spawn(async move {
                let answer = send.send_request(slow(&uri, Version::HTTP_2, go)).await;
                whole(answer.map_err(text)?).await
            });
        }
    }

    pub(crate) fn under_way(&self) -> usize {
        self.calls.len()
    }

    /// Lets them all; gives what became of each.
    pub(crate) async fn let_go(self) -> Vec<Result<u16, String>> {
        self.go.send_replace(true);
        self.calls.join_all().await
    }
}

fn slow(
    uri: &str,
    version: Version,
    go: watch::Receiver<bool>,
) -> Request<UnsyncBoxBody<Bytes, Infallible>> {
    let request = Request::post(uri).version(version).header("host", "shop");
    request.body(rest(go)).unwrap()
}

async fn whole(answer: http::Response<hyper::body::Incoming>) -> Result<u16, String> {
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.map_err(text)?.to_bytes();
    if status == 200 && body != "at last\n" {
        return Err(format!("answered {body:?}"));
    }
    Ok(status)
}

fn text(error: impl std::error::Error) -> String {
    use std::fmt::Write as _;
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}

/// Callers who ask again and again, until told to stop.
pub(crate) struct Callers {
    callers: JoinSet<()>,
    stop: watch::Sender<bool>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    good: AtomicUsize,
    bad: AtomicUsize,
    first: std::sync::OnceLock<String>,
}

impl Callers {
    /// So many callers of these pages.
    pub(crate) fn new(address: SocketAddr, callers: usize, pages: &'static [&'static str]) -> Self {
        let mut this = Self {
            callers: JoinSet::new(),
            stop: watch::Sender::new(false),
            counts: Arc::default(),
        };
        for caller in 0..callers {
            let (stop, counts) = (this.stop.subscribe(), this.counts.clone());
            this.callers.spawn(async move {
                let client = Client::builder(TokioExecutor::new()).build_http();
                for page in pages.iter().cycle().skip(caller) {
                    if *stop.borrow() {
                        break;
                    }
                    match ask(&client, &format!("http://{address}{page}")).await {
                        Ok(200) => _ = counts.good.fetch_add(1, Ordering::Relaxed),
                        other => {
                            counts.bad.fetch_add(1, Ordering::Relaxed);
                            let _ = counts.first.set(format!("{page}: {other:?}"));
                        }
                    }
                }
            });
        }
        this
    }

    /// How many calls went well until now.
    pub(crate) fn good(&self) -> usize {
        self.counts.good.load(Ordering::Relaxed)
    }

    /// How many calls did not.
    pub(crate) fn bad(&self) -> usize {
        self.counts.bad.load(Ordering::Relaxed)
    }

    /// Ends them, each after its call; says what the first failure was, if there was one.
    pub(crate) async fn stop(&mut self) -> Option<String> {
        self.stop.send_replace(true);
        while self.callers.join_next().await.is_some() {}
        self.counts.first.get().cloned()
    }
}

type Asking = Client<HttpConnector, Empty<Bytes>>;

async fn ask(client: &Asking, uri: &str) -> Result<u16, String> {
    let answer = client.get(uri.parse().unwrap()).await.map_err(text)?;
    let status = answer.status().as_u16();
    answer.into_body().collect().await.map_err(text)?;
    Ok(status)
}
