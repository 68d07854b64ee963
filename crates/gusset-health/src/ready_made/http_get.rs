//! Whether another service answers.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{Request, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::running::{Race, race};
use crate::{Check, ConfigError, Report};

/// A check that asks for `uri` by HTTP/1.1, without TLS: 2xx and 3xx is up, any other answer down.
///
/// Ask for another service's `/livez`, never for what asks on in its turn: checks that ask each other
/// go down in a circle. The body is not read.
///
/// ```
/// use gusset_health::{Health, Shared, http_get};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let stock = http_get("stock", "http://stock.internal:8080/livez")?;
/// let health = Health::builder().inform(Shared(stock)).build()?;
/// assert_eq!(http_get("stock", "https://stock/").unwrap_err().field(), "checks.stock.uri");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ConfigError`], if `uri` is none, has no host, or is not `http`.
pub fn http_get(name: impl Into<Cow<'static, str>>, uri: &str) -> Result<Check, ConfigError> {
    let name = name.into();
    let refuse = |why: &str| {
        let field = format!("checks.{}.uri", name.escape_default());
        ConfigError::new(field, why)
    };
    let uri: Uri = uri.parse().map_err(|_| refuse("it is no URI"))?;
    if uri.scheme_str() != Some("http") {
        return Err(refuse("its scheme is not `http`"));
    }
    let Some(authority) = uri.authority().cloned() else {
        return Err(refuse("it has no host"));
    };
    let port = authority.port_u16().unwrap_or(80);
    let address = format!("{}:{port}", authority.host());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let path = path.to_owned();
    let host = match authority.port() {
        Some(port) => format!("{}:{port}", authority.host()),
        None => authority.host().to_owned(),
    };
    Ok(Check::new(name, move || {
        get(address.clone(), host.clone(), path.clone())
    }))
}

async fn get(address: String, host: String, path: String) -> Report {
    match ask(&address, &host, &path).await {
        Ok(status) if status < 400 => Report::up(),
        Ok(status) => Report::down(format!("answered {status}")),
        Err(error) => Report::down(error.to_string()),
    }
}

async fn ask(
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
    // Polled here, so that dropping the check drops the connection with it.
    match race(client.send_request(request), connection).await {
        Race::First(response) => Ok(response?.status().as_u16()),
        Race::Second(ended) => {
            ended?;
            Err("the connection was closed before an answer".into())
        }
    }
}
