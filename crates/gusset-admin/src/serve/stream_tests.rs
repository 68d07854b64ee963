//! Responses without an end, with a clock that the tests advance.

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, ready as ready_or_return};

use gusset_http::Endpoint;
use hyper::body::{Body, Frame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Sleep;

use super::activity::{RESPONSE_TIMEOUT, WRITE_TIMEOUT};
use super::*;

/// A stream with a chunk each second.
#[derive(Clone)]
struct Ticks {
    chunk: &'static [u8],
    is_dropped: Arc<AtomicBool>,
}

struct Stream {
    chunk: &'static [u8],
    wait: Pin<Box<Sleep>>,
    is_dropped: Arc<AtomicBool>,
}

impl Endpoint for Ticks {
    type Future = Ready<Response<EndpointBody>>;

    fn answer(&self, _: RequestHead<'_>) -> Self::Future {
        ready(Response::new(EndpointBody::stream(Stream {
            chunk: self.chunk,
            wait: Box::pin(sleep(Duration::ZERO)),
            is_dropped: self.is_dropped.clone(),
        })))
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        ready_or_return!(self.wait.as_mut().poll(cx));
        self.wait = Box::pin(sleep(Duration::from_secs(1)));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(self.chunk)))))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.is_dropped.store(true, Ordering::Relaxed);
    }
}

/// A server, a client that has the beginning of a stream, and whether the server has dropped the stream.
struct Streaming {
    stop: watch::Sender<()>,
    address: SocketAddr,
    client: TcpStream,
    is_dropped: Arc<AtomicBool>,
}

async fn start(chunk: &'static [u8]) -> Streaming {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(());
    let is_dropped = Arc::new(AtomicBool::new(false));
    let ticks = Ticks {
        chunk,
        is_dropped: is_dropped.clone(),
    };
    let serve = Serve {
        routes: Arc::new(Routes::new().route("/", ticks).unwrap()),
        fallback: Bytes::new(),
        max_connections: 2,
        max_connections_per_peer: 2,
        recorder: None,
        stopped,
    };
    let reserve = Reserve::new(&listener);
    tokio::spawn(serve.run(listener, reserve));
    // A runtime that is never idle does not advance the time by itself, while bytes are on their way.
    tokio::spawn(async {
        loop {
            yield_now().await;
        }
    });
    let mut client = TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    client.write_all(request).await.unwrap();
    client.readable().await.unwrap();
    Streaming {
        stop,
        address,
        client,
        is_dropped,
    }
}

/// Advances the time second by second. Everything that is ready runs after each.
async fn pass(time: Duration) {
    for _ in 0..time.as_secs() {
        tokio::time::advance(Duration::from_secs(1)).await;
        for _ in 0..1000 {
            yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn stream_that_is_read_lasts_longer_than_a_response() {
    let mut streaming = start(b"tick\n").await;
    let mut read = [0; 4096];
    for _ in 0..RESPONSE_TIMEOUT.as_secs() + 5 {
        assert_ne!(streaming.client.read(&mut read).await.unwrap(), 0);
        pass(Duration::from_secs(1)).await;
    }
    assert!(!streaming.is_dropped.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn stream_that_is_not_read_is_closed() {
    static CHUNK: [u8; 16 << 20] = [b'x'; 16 << 20];
    let streaming = start(&CHUNK).await;
    pass(WRITE_TIMEOUT + 3 * STALL_CHECK_INTERVAL).await;
    assert!(streaming.is_dropped.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn stream_ends_when_its_client_leaves() {
    let streaming = start(b"tick\n").await;
    drop(streaming.client);
    pass(Duration::from_secs(3)).await;
    assert!(streaming.is_dropped.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn stop_does_not_wait_for_a_stream() {
    let streaming = start(b"tick\n").await;
    drop(streaming.stop);
    // No time passes.
    for _ in 0..1000 {
        yield_now().await;
    }
    assert!(streaming.is_dropped.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn old_stream_makes_room_for_a_new_connection() {
    let streaming = start(b"tick\n").await;
    let mut others = Vec::new();
    for _ in 0..2 {
        others.push(TcpStream::connect(streaming.address).await.unwrap());
        for _ in 0..1000 {
            yield_now().await;
        }
    }
    assert!(streaming.is_dropped.load(Ordering::Relaxed));
}
