//! What depends on time, with a clock that the tests advance.

use std::future::{Ready, ready};
use std::net::SocketAddr;

use gusset_http::Endpoint;
use gusset_testkit::EventRecorder;
use http_body_util::Full;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tracing::Level;

use super::activity::{RESPONSE_TIMEOUT, WRITE_TIMEOUT};
use super::*;

/// Larger than the buffers of both sockets and what is read in [`RESPONSE_TIMEOUT`]. Zeros take no memory.
const LARGE: usize = 64 << 20;
const PART: usize = LARGE / 64;
static BODY: [u8; LARGE] = [0; LARGE];

struct Large;

impl Endpoint for Large {
    type Future = Ready<Response<Full<Bytes>>>;

    fn answer(&self, _: RequestHead<'_>) -> Self::Future {
        ready(Response::new(Bytes::from_static(&BODY).into()))
    }
}

fn start(recorder: SharedRecorder) -> (SocketAddr, watch::Sender<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(());
    let serve = Serve {
        routes: Arc::new(Routes::new().route("/", Large).unwrap()),
        fallback: Bytes::new(),
        max_connections: 4,
        max_connections_per_peer: 4,
        recorder: Some(recorder),
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
    (address, stop)
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

/// Sends a request, and waits until the response begins.
async fn request(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    stream.readable().await.unwrap();
    stream
}

/// Reads until the connection ends, and returns how many bytes came.
async fn read_all(mut stream: TcpStream) -> usize {
    let mut body = Vec::new();
    let _ = stream.read_to_end(&mut body).await;
    body.len()
}

#[tokio::test(start_paused = true)]
async fn client_that_never_reads_is_disconnected() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let (address, _stop) = start(Arc::new(recorder));
    let stream = request(address).await;
    pass(WRITE_TIMEOUT + 2 * STALL_CHECK_INTERVAL).await;
    assert!(read_all(stream).await < LARGE);
    let closed: u64 = (snapshotter.snapshot().into_vec().into_iter())
        .map(|(.., value)| match value {
            DebugValue::Counter(value) => value,
            other => panic!("{other:?}"),
        })
        .sum();
    assert_eq!(closed, 1);
}

#[tokio::test(start_paused = true)]
async fn client_that_pauses_gets_its_whole_response() {
    let (address, _stop) = start(Arc::new(metrics::NoopRecorder));
    let stream = request(address).await;
    pass(WRITE_TIMEOUT - 2 * STALL_CHECK_INTERVAL).await;
    assert!(read_all(stream).await > LARGE);
}

#[tokio::test(start_paused = true)]
async fn client_that_reads_slowly_is_disconnected_in_the_end() {
    let (address, _stop) = start(Arc::new(metrics::NoopRecorder));
    let mut stream = request(address).await;
    let begin = Instant::now();
    let mut buffer = vec![0; PART];
    let mut parts = 0;
    while stream.read_exact(&mut buffer).await.is_ok() {
        parts += 1;
        pass(Duration::from_secs(1)).await;
    }
    assert!(parts < 64);
    assert!(begin.elapsed() >= RESPONSE_TIMEOUT, "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn idle_connection_is_not_stalled() {
    let (address, _stop) = start(Arc::new(metrics::NoopRecorder));
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        stream
            .write_all(b"GET /missing HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut response = Vec::new();
        while !response.ends_with(b"\r\n\r\n") {
            response.push(stream.read_u8().await.unwrap());
        }
        assert!(response.starts_with(b"HTTP/1.1 404 "));
        pass(WRITE_TIMEOUT + 2 * STALL_CHECK_INTERVAL).await;
    }
}

#[tokio::test(start_paused = true)]
async fn closed_connections_are_warned_of_once() {
    let events = EventRecorder::new(Level::INFO);
    let _guard = events.set_default();
    let (address, _stop) = start(Arc::new(metrics::NoopRecorder));
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(TcpStream::connect(address).await.unwrap());
        yield_now().await;
    }
    // The first one was closed for the fifth.
    assert_eq!(idle[0].read(&mut [0]).await.unwrap(), 0);
    let events = events.events();
    let targets: Vec<_> = events.iter().map(|event| event.target.as_str()).collect();
    assert_eq!(targets, ["gusset::admin"]);
}
