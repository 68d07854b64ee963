//! The client of one receiver.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::ExportError;
use super::connector::Connector;
use super::hints::{self, Attempt};
use crate::settings::{Endpoint, ExporterConfig};
use crate::{ConfigError, OtlpProtocol, Signal};

/// OTLP's limit for a response.
const MAX_RESPONSE_BYTES: usize = 4 << 20;
/// OTLP's limit for a request.
pub(crate) const MAX_REQUEST_BYTES: usize = 64 << 20;

#[cfg(feature = "tls")]
type ReceiverConnector = hyper_rustls::HttpsConnector<Connector>;
#[cfg(not(feature = "tls"))]
type ReceiverConnector = Connector;

/// The client of the receiver of one signal. Signals do not share connections, so that none delays
/// another.
pub(crate) struct OtlpClient {
    pub(super) signal: Signal,
    pub(super) protocol: OtlpProtocol,
    endpoint: Endpoint,
    destination: String,
    headers: http::HeaderMap,
    pub(super) gzip: bool,
    /// The timeout of one request.
    pub(super) timeout: Duration,
    connector: ReceiverConnector,
    /// Whether any request had a response.
    pub(super) has_responded: bool,
    http: Client<ReceiverConnector, Full<Bytes>>,
}

// === impl OtlpClient ===

impl OtlpClient {
    pub(crate) fn new(config: ExporterConfig) -> Result<Self, ConfigError> {
        let destination = config.destination();
        let connector = Connector::new(&config);
        #[cfg(feature = "proxy")]
        let forward_authorization = config.forward_authorization();
        let ExporterConfig {
            signal,
            protocol,
            endpoint,
            mut headers,
            gzip,
            timeout,
            tls_files,
            ..
        } = config;
        const USER_AGENT: &str = concat!(
            "OTel-OTLP-Exporter-Rust/",
            env!("CARGO_PKG_VERSION"),
            " (gusset-otlp)"
        );
        headers
            .entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static(USER_AGENT));
        #[cfg(feature = "proxy")]
        if let Some(authorization) = forward_authorization {
            headers.insert(header::PROXY_AUTHORIZATION, authorization);
        }
        #[cfg(feature = "tls")]
        let connector = super::tls::connector(connector, &endpoint, &tls_files, protocol)?;
        #[cfg(not(feature = "tls"))]
        let _ = tls_files;
        let http = http_client(&connector, protocol);
        Ok(Self {
            signal,
            protocol,
            endpoint,
            destination,
            headers,
            gzip,
            timeout,
            connector,
            has_responded: false,
            http,
        })
    }

    pub(crate) fn protocol(&self) -> OtlpProtocol {
        self.protocol
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns where requests go, as a part of log entries.
    pub(crate) fn destination(&self) -> &str {
        &self.destination
    }

    /// Drops the connections.
    pub(super) fn reconnect(&mut self) {
        self.http = http_client(&self.connector, self.protocol);
    }

    /// Creates a request with the headers that all protocols have in common.
    pub(super) fn new_request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::post(self.endpoint.uri.clone())
            .body(Full::new(body))
            .expect("the endpoint is a valid URL");
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// Sends a request and waits for the response headers.
    pub(super) async fn send_request(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Limited<Incoming>>, ExportError> {
        let response = self.http.request(request).await;
        let response = response.map_err(|error| {
            let attempt = Attempt {
                protocol: self.protocol,
                port: self.endpoint.port(),
                has_responded: self.has_responded,
            };
            hints::explain(ExportError::connection(&error), &error, attempt)
        })?;
        Ok(response.map(|body| Limited::new(body, MAX_RESPONSE_BYTES)))
    }
}

impl fmt::Debug for OtlpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpClient")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

fn http_client(
    connector: &ReceiverConnector,
    protocol: OtlpProtocol,
) -> Client<ReceiverConnector, Full<Bytes>> {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(1);
    #[cfg(feature = "grpc")]
    builder.http2_only(protocol == OtlpProtocol::Grpc);
    #[cfg(not(feature = "grpc"))]
    let _ = protocol;
    builder.build(connector.clone())
}
