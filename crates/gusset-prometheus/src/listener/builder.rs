//! Where to listen: code, else environment, else default.

use std::net::{TcpListener, ToSocketAddrs as _};

use gusset_http::EndpointListener;

use super::{ListenError, Listener};
use crate::Page;

const HOST: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
const PORT: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";

/// How many connections are served at a time. A handful of scrapers is usual, and each page in flight
/// takes memory.
const CONNECTIONS: usize = 64;

/// Sets up a [`Listener`]; made by [`Prometheus::listener`](crate::Prometheus::listener).
///
/// What code says is above `OTEL_EXPORTER_PROMETHEUS_HOST` and `OTEL_EXPORTER_PROMETHEUS_PORT`, and
/// these are above the default, `127.0.0.1:9464`: this machine only. An empty variable is no
/// variable. A malformed one is an error, unless code overrides it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let prometheus = gusset_prometheus::Prometheus::builder().build()?;
/// let refused = prometheus
///     .listener()
///     .environment(|name| (name == "OTEL_EXPORTER_PROMETHEUS_PORT").then(|| "http".to_owned()))
///     .start();
/// assert_eq!(
///     refused.unwrap_err().to_string(),
///     "OTEL_EXPORTER_PROMETHEUS_PORT: `http` is not a port number",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `start` is called"]
pub struct ListenerBuilder {
    page: Page,
    host: Option<String>,
    port: Option<u16>,
    env_host: Option<String>,
    env_port: Option<String>,
}

// === impl ListenerBuilder ===

impl ListenerBuilder {
    pub(crate) fn new(page: Page) -> Self {
        Self {
            page,
            host: None,
            port: None,
            env_host: None,
            env_port: None,
        }
        // Lossy, so that what is not Unicode is refused as a bad value, and not passed over.
        .environment(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// Sets the address or name to listen on, without a port. `0.0.0.0` and `::` are every address
    /// of the machine. Of several addresses of one name the first that can be had is taken.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Sets the port. With 0 the system finds one, and [`Listener::local_addr`] tells.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Reads the environment from `lookup`, a function from the name of a variable to its value,
    /// instead of from the process.
    pub fn environment(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let lookup = |name| lookup(name).filter(|value| !value.is_empty());
        self.env_host = lookup(HOST);
        self.env_port = lookup(PORT);
        self
    }

    /// Listens. The port is open when this returns, and the thread that serves it is running.
    ///
    /// # Errors
    ///
    /// [`ListenError`], naming the variable or field at fault, if the port is no number or the
    /// address cannot be resolved or had; and if the system has no thread or runtime to give.
    pub fn start(self) -> Result<Listener, ListenError> {
        let (field, host) = match (&self.host, &self.env_host) {
            (Some(host), _) => ("host", host.as_str()),
            (None, Some(host)) => (HOST, host.as_str()),
            (None, None) => ("host", "127.0.0.1"),
        };
        let port = match (self.port, &self.env_port) {
            (Some(port), _) => port,
            (None, Some(text)) => text
                .trim()
                .parse()
                .map_err(|_| ListenError::port(PORT, text))?,
            (None, None) => 9464,
        };
        // Resolved apart from being bound, so that the message tells which of the two failed.
        let addresses: Vec<_> = (host, port)
            .to_socket_addrs()
            .map_err(|error| ListenError::resolve(field, host, error))?
            .collect();
        let listener =
            TcpListener::bind(&*addresses).map_err(|error| ListenError::bind(host, port, error))?;
        let listener = EndpointListener::named("listen")
            .mount("/metrics", self.page)
            .otherwise("the page is at /metrics\n")
            .connections(CONNECTIONS)
            .start(listener)
            .map_err(ListenError::system)?;
        Ok(Listener(listener))
    }
}
