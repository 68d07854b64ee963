//! A check of an HTTP endpoint.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{Request, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{Check, CheckResult, ConfigError};

impl Check {
    /// Creates a check that sends `GET` over HTTP/1.1 without TLS. Status 2xx and 3xx is up, any other
    /// is down.
    ///
    /// Use `/livez` of another service, not an endpoint that checks its own dependencies. Services that
    /// check each other would go down together. The response body is not read.
    ///
    /// ```
    /// use gusset_health::{Check, Health, SharedDependency};
    ///
    /// # fn main() -> Result<(), gusset_health::ConfigError> {
    /// let stock = Check::http("stock", "http://stock.internal:8080/livez")?;
    /// let health = Health::builder().health_check(SharedDependency(stock)).build()?;
    /// let error = Check::http("stock", "https://stock/").unwrap_err();
    /// assert_eq!(error.setting(), "checks.stock.uri");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `uri` is invalid, has no host, or its scheme is not `http`.
    pub fn http(name: impl Into<Cow<'static, str>>, uri: &str) -> Result<Self, ConfigError> {
        let name = name.into();
        let error = |reason: &str| {
            let setting = format!("checks.{}.uri", name.escape_default());
            ConfigError::new(setting, reason)
        };
        let uri: Uri = uri.parse().map_err(|_| error("not a valid URI"))?;
        if uri.scheme_str() != Some("http") {
            return Err(error("the scheme is not `http`"));
        }
        let Some(authority) = uri.authority().cloned() else {
            return Err(error("the host is missing"));
        };
        let port = authority.port_u16().unwrap_or(80);
        let address = format!("{}:{port}", authority.host());
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = path.to_owned();
        let host = match authority.port() {
            Some(port) => format!("{}:{port}", authority.host()),
            None => authority.host().to_owned(),
        };
        Ok(Self::new(name, move || {
            get(address.clone(), host.clone(), path.clone())
        }))
    }
}

async fn get(address: String, host: String, path: String) -> CheckResult {
    match request_status(&address, &host, &path).await {
        Ok(status) if status < 400 => CheckResult::up(),
        Ok(status) => CheckResult::down(format!("status {status}")),
        Err(error) => CheckResult::down(error.to_string()),
    }
}

async fn request_status(
    address: &str,
    host: &str,
    path: &str,
) -> Result<u16, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut client, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get(path)
        .header(HOST, host)
        .header(USER_AGENT, "gusset-health")
        .body(Empty::<Bytes>::new())?;
    // The connection is polled here and not in a task, so that dropping the check closes it.
    tokio::select! {
        biased;
        response = client.send_request(request) => Ok(response?.status().as_u16()),
        closed = connection => {
            closed?;
            Err("the connection was closed before a response".into())
        }
    }
}
