//! One exchange with a receiver: a request out, and what became of it.

mod answer;
#[cfg(feature = "grpc")]
mod grpc;
mod http1;
mod retry;
#[cfg(feature = "tls")]
mod tls;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::settings::{Endpoint, Target};
use crate::{ConfigError, Protocol, Signal};

pub(crate) use answer::said;
pub(crate) use retry::{Patience, Step};

/// OTLP's limit of an answer, in bytes.
const ANSWER: usize = 4 << 20;
/// OTLP's limit of a request, in bytes.
pub(crate) const REQUEST: usize = 64 << 20;

#[cfg(feature = "tls")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "tls"))]
type Connector = HttpConnector;

/// The way to one receiver, of one signal: each signal has its own connections, so that none waits for
/// another.
pub(crate) struct Road {
    signal: Signal,
    protocol: Protocol,
    endpoint: Endpoint,
    headers: http::HeaderMap,
    gzip: bool,
    timeout: Duration,
    connector: Connector,
    client: Client<Connector, Full<Bytes>>,
}

/// What became of an exchange that ended well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// How many items the receiver says it refused. They are not to be sent again.
    pub(crate) rejected: u64,
    /// What the receiver says of it.
    pub(crate) message: String,
}

/// Why an exchange came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// `error.type`: from a closed set, a status or the name of a code.
    pub(crate) kind: String,
    /// For people.
    pub(crate) why: String,
    /// Worth another try.
    pub(crate) again: bool,
    /// The receiver asks not to be tried before.
    pub(crate) after: Option<Duration>,
}

// === impl Road ===

impl Road {
    pub(crate) fn new(target: Target) -> Result<Self, ConfigError> {
        let Target {
            signal,
            protocol,
            endpoint,
            mut headers,
            gzip,
            timeout,
            trust,
        } = target;
        const AGENT: &str = concat!(
            "OTel-OTLP-Exporter-Rust/",
            env!("CARGO_PKG_VERSION"),
            " (gusset-otlp)"
        );
        headers
            .entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static(AGENT));
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        // With TLS the connector is given `https` as well.
        tcp.enforce_http(false);
        #[cfg(feature = "tls")]
        let connector = tls::connector(tcp, &endpoint, &trust, protocol)?;
        #[cfg(not(feature = "tls"))]
        let (connector, _) = (tcp, trust);
        let client = client(&connector, protocol);
        Ok(Self {
            signal,
            protocol,
            endpoint,
            headers,
            gzip,
            timeout,
            connector,
            client,
        })
    }

    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Makes the body of a request as it is sent, compressed if it is to be.
    pub(crate) fn pack(&self, message: Vec<u8>) -> Bytes {
        #[cfg(feature = "grpc")]
        if self.protocol == Protocol::Grpc {
            return grpc::frame(&self.compressed(message), self.gzip);
        }
        self.compressed(message).into()
    }

    #[cfg(feature = "gzip")]
    fn compressed(&self, message: Vec<u8>) -> Vec<u8> {
        use std::io::Write as _;

        if !self.gzip {
            return message;
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder
            .write_all(&message)
            .and_then(|()| encoder.finish())
            .expect("a Vec takes all bytes")
    }

    #[cfg(not(feature = "gzip"))]
    fn compressed(&self, message: Vec<u8>) -> Vec<u8> {
        debug_assert!(!self.gzip, "refused at start");
        message
    }

    /// One exchange: all of it, from the connection to the last byte of the answer, within the timeout.
    pub(crate) async fn exchange(&mut self, body: Bytes) -> Result<Taken, Fault> {
        let exchange = async {
            #[cfg(feature = "grpc")]
            if self.protocol == Protocol::Grpc {
                return grpc::exchange(self, body).await;
            }
            http1::exchange(self, body).await
        };
        let (result, lost) = match tokio::time::timeout(self.timeout, exchange).await {
            Ok(result) => {
                let lost = matches!(&result, Err(fault) if fault.kind == Fault::CONNECTION);
                (result, lost)
            }
            Err(_) => (Err(Fault::timeout(self.timeout)), true),
        };
        if lost {
            // A connection that has fallen silent looks like any other in the pool, and HTTP/2 would
            // be given the next request on it too.
            self.client = client(&self.connector, self.protocol);
        }
        result
    }

    fn request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::post(self.endpoint.uri.clone())
            .body(Full::new(body))
            .expect("a URL makes a request");
        *request.headers_mut() = self.headers.clone();
        request
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Limited<Incoming>>, Fault> {
        let response = self.client.request(request).await;
        let response = response.map_err(|error| Fault::connection(&error))?;
        Ok(response.map(|body| Limited::new(body, ANSWER)))
    }
}

impl fmt::Debug for Road {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Road")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

fn client(connector: &Connector, protocol: Protocol) -> Client<Connector, Full<Bytes>> {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(1);
    #[cfg(feature = "grpc")]
    builder.http2_only(protocol == Protocol::Grpc);
    #[cfg(not(feature = "grpc"))]
    let _ = protocol;
    builder.build(connector.clone())
}

// === impl Fault ===

impl Fault {
    const CONNECTION: &'static str = "connection";

    /// The receiver's refusal.
    fn refused(kind: impl Into<String>, why: impl Into<String>, again: bool) -> Self {
        Self {
            kind: kind.into(),
            why: why.into(),
            again,
            after: None,
        }
    }

    fn timeout(after: Duration) -> Self {
        Self::refused("timeout", format!("no answer within {after:?}"), true)
    }

    /// What carries the exchange broke. The text of what lies lowest says the most.
    fn connection(error: &(dyn Error + 'static)) -> Self {
        let mut why = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            why = error.to_string();
            source = error.source();
        }
        Self::refused(Self::CONNECTION, why, true)
    }

    /// All tries together took too long.
    pub(crate) fn late(limit: Duration) -> Self {
        Self::refused("timeout", format!("not exported within {limit:?}"), false)
    }

    /// There is nothing to be sent.
    pub(crate) fn unread(why: &'static str) -> Self {
        Self::refused("source", why, false)
    }

    /// Something that is not to be sent at all.
    pub(crate) fn too_large() -> Self {
        Self::refused("too_large", "one item is more than 64 MiB", false)
    }

    /// The time was up before anything else was.
    pub(crate) fn shutdown() -> Self {
        Self::refused("timeout", "the deadline has passed", false)
    }
}
