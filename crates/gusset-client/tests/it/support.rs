//! A resolver, a proxy, and servers with delays.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gusset_client::{
    CallTimings, ClientTimer, Phase, TimedBody, TimedConnector, TimedResolver, TimedTcp, Timing,
    Timings,
};
use gusset_core::{Clock, MockClock};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tower::{Layer as _, Service, ServiceExt as _};

/// The time that passes in a phase.
pub(crate) const DELAY: Duration = Duration::from_secs(1);

pub(crate) type Body = BoxBody<Bytes, io::Error>;
type Connector = TimedConnector<HttpsConnector<TimedTcp<HttpConnector<TimedResolver<Resolver>>>>>;
pub(crate) type TimedClient = Timing<Client<Connector, TimedBody<Body>>>;

/// Asserts that each of these phases took the delay, and that the others took no time.
#[track_caller]
pub(crate) fn assert_delays(timings: &Timings, delayed: &[Phase]) {
    for (phase, time) in timings.iter() {
        let expected = match delayed.contains(&phase) {
            true => DELAY,
            false => Duration::ZERO,
        };
        assert_eq!(time, expected, "{phase}: {timings:?}");
    }
    let total = DELAY * u32::try_from(delayed.len()).unwrap();
    assert_eq!(timings.total(), total, "{timings:?}");
}

/// The time of a test. Its servers let it pass at their steps, so nothing depends on the machine.
#[derive(Clone)]
pub(crate) enum Time {
    Given(MockClock),
    /// For programs that have their own clock.
    Real(Duration),
}

impl Time {
    /// Returns a clock that stands still until a server lets time pass.
    pub(crate) fn given() -> (Clock, Self) {
        let (clock, hand) = Clock::manual();
        (clock, Self::Given(hand))
    }

    pub(crate) async fn pass(&self) {
        match self {
            Self::Given(hand) => hand.advance(DELAY),
            Self::Real(delay) => sleep(*delay).await,
        }
    }
}

/// A place that is reached, and that may be closed.
#[derive(Clone)]
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    reached: Arc<Semaphore>,
}

impl Gate {
    pub(crate) fn new(permits: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            reached: Arc::new(Semaphore::new(0)),
        }
    }

    pub(crate) fn open() -> Self {
        Self::new(1_000)
    }

    pub(crate) fn add(&self, permits: usize) {
        self.permits.add_permits(permits);
    }

    /// Waits until something has reached the gate.
    pub(crate) async fn reached(&self) {
        self.reached.acquire().await.unwrap().forget();
    }

    async fn pass(&self) {
        self.reached.add_permits(1);
        self.permits.acquire().await.unwrap().forget();
    }
}

/// Resolves every name to its addresses. Names that end in `.invalid` are unknown.
#[derive(Clone)]
pub(crate) struct Resolver {
    pub(crate) time: Option<Time>,
    pub(crate) gate: Gate,
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Resolver {
    pub(crate) fn local() -> Self {
        Self {
            time: None,
            gate: Gate::open(),
            addresses: vec![([127, 0, 0, 1], 0).into()],
        }
    }

    /// Lets time pass for each name.
    pub(crate) fn slow(time: &Time) -> Self {
        Self {
            time: Some(time.clone()),
            ..Self::local()
        }
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let Self {
            time,
            gate,
            addresses,
        } = self.clone();
        Box::pin(async move {
            if let Some(time) = time {
                time.pass().await;
            }
            gate.pass().await;
            match name.as_str().ends_with(".invalid") {
                true => Err(io::Error::other(
                    "failed to lookup address information: unknown",
                )),
                false => Ok(addresses.into_iter()),
            }
        })
    }
}

/// A certificate of a server, and clients that trust it.
pub(crate) struct Tls {
    pub(crate) server: Arc<rustls::ServerConfig>,
    pub(crate) client: rustls::ClientConfig,
}

impl Tls {
    pub(crate) fn new() -> Self {
        let names = vec!["shop.test".to_owned(), "127.0.0.1".to_owned()];
        let issued = rcgen::generate_simple_self_signed(names).unwrap();
        let key = PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der());
        let certificate = issued.cert.der().clone();
        let server = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())
            .unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate).unwrap();
        let client = rustls::ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            server: Arc::new(server),
            client,
        }
    }

    pub(crate) fn untrusted() -> rustls::ClientConfig {
        rustls::ClientConfig::builder()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth()
    }
}

/// A server that lets time pass at some steps, and may stop at them.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) time: Time,
    /// The phases in which time passes.
    pub(crate) slow: &'static [Phase],
    pub(crate) tls_gate: Gate,
    pub(crate) response_gate: Gate,
    /// Opened by the client when it has the headers.
    pub(crate) download_gate: Gate,
}

impl Server {
    pub(crate) fn new(time: &Time, slow: &'static [Phase]) -> Self {
        Self {
            time: time.clone(),
            slow,
            tls_gate: Gate::open(),
            response_gate: Gate::open(),
            download_gate: Gate::open(),
        }
    }

    async fn step(&self, phase: Phase, gate: Option<&Gate>) {
        if let Some(gate) = gate {
            gate.pass().await;
        }
        if self.slow.contains(&phase) {
            self.time.pass().await;
        }
    }

    /// Serves HTTP/1 and HTTP/2, with TLS or without.
    pub(crate) async fn start(&self, tls: Option<&Tls>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = tls.map(|tls| TlsAcceptor::from(Arc::clone(&tls.server)));
        let server = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, acceptor) = (server.clone(), acceptor.clone());
                tokio::spawn(async move {
                    let Some(acceptor) = acceptor else {
                        return server.serve(stream).await;
                    };
                    // The client has left the phase of TCP when it sends its first byte.
                    let _ = stream.peek(&mut [0]).await;
                    server.step(Phase::Tls, Some(&server.tls_gate)).await;
                    if let Ok(stream) = acceptor.accept(stream).await {
                        server.serve(stream).await;
                    }
                });
            }
        });
        address
    }

    async fn serve<T>(self, stream: T)
    where
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let respond = hyper::service::service_fn(move |request: Request<Incoming>| {
            let server = self.clone();
            async move {
                server.step(Phase::Send, None).await;
                if let Some(to) = request.headers().get("x-redirect").cloned() {
                    if request.headers().get("host") != Some(&host_of(&to)) {
                        let response = Response::builder().status(302).header("location", to);
                        return Ok(response.body(empty()).unwrap());
                    }
                }
                let _ = request.into_body().collect().await;
                server
                    .step(Phase::FirstByte, Some(&server.response_gate))
                    .await;
                Ok::<_, io::Error>(Response::new(server.body()))
            }
        });
        let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
        let _ = server.serve_connection(TokioIo::new(stream), respond).await;
    }

    /// Returns two chunks, with a step between them.
    fn body(self) -> Body {
        let (mut parts, body) = http_body_util::channel::Channel::<Bytes, io::Error>::new(1);
        tokio::spawn(async move {
            let _ = parts.send_data("first".into()).await;
            let gate = self.download_gate.clone();
            self.step(Phase::Download, Some(&gate)).await;
            let _ = parts.send_data("last".into()).await;
        });
        body.boxed()
    }
}

fn host_of(url: &http::HeaderValue) -> http::HeaderValue {
    let url: http::Uri = url.to_str().unwrap().parse().unwrap();
    url.authority().unwrap().as_str().parse().unwrap()
}

/// Starts a proxy that passes the first bytes on after a time, as a distant server would.
pub(crate) async fn proxy(server: SocketAddr, time: Time) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let time = time.clone();
            tokio::spawn(async move {
                let mut far = TcpStream::connect(server).await.unwrap();
                let mut buffer = [0; 4096];
                let count = near.read(&mut buffer).await.unwrap_or_default();
                time.pass().await;
                let _ = far.write_all(&buffer[..count]).await;
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    address
}

/// Builds a client of hyper-util with everything that is measured.
pub(crate) fn client(
    timer: &ClientTimer,
    resolver: Resolver,
    tls: rustls::ClientConfig,
) -> TimedClient {
    let mut http = HttpConnector::new_with_resolver(TimedResolver::new(resolver));
    http.enforce_http(false);
    let https = HttpsConnector::from((TimedTcp::new(http), tls));
    let client = Client::builder(TokioExecutor::new()).build(timer.connector(https));
    timer.layer().layer(client)
}

pub(crate) fn empty() -> Body {
    Full::default().map_err(|never| match never {}).boxed()
}

pub(crate) fn get(scheme: &str, host: &str, address: SocketAddr) -> Request<Body> {
    let uri = format!("{scheme}://{host}:{}/", address.port());
    Request::get(uri).body(empty()).unwrap()
}

pub(crate) fn timer(clock: Clock) -> ClientTimer {
    ClientTimer::builder().clock(clock).build().unwrap()
}

/// Sends a request, reads the response, and returns the times. The server goes on with the body once the client has the
/// headers.
pub(crate) async fn send(client: &TimedClient, server: &Server, request: Request<Body>) -> Timings {
    let response = client.clone().oneshot(request).await.unwrap();
    server.download_gate.add(1);
    let timings = response.extensions().get::<CallTimings>().unwrap().clone();
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.to_bytes(), "firstlast");
    timings.get()
}

pub(crate) async fn fail(client: &TimedClient, request: Request<Body>) -> Error {
    let response = client.clone().oneshot(request).await;
    response.expect_err("a failure")
}
