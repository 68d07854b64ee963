//! Where to listen, and what to serve.

use std::fmt;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::Arc;

use gusset_core::{ConfigError, Env};
use gusset_data::{SharedRecorder, contain_recorder};
use gusset_http::{Endpoint, Mount, Reach, Routes};

use crate::serve::Serve;
use crate::{BindError, ManagementServer};

const HOST_VARIABLE: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
const PORT_VARIABLE: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: u16 = 9464;
const DEFAULT_MAX_CONNECTIONS: usize = 256;

/// The part of all connections that one peer may use by default.
const DEFAULT_PEER_SHARE: usize = 4;

const DEFAULT_FALLBACK: &str = "there is no endpoint at this path\n";

type MountFn = Box<dyn FnOnce(Routes, Reach) -> Result<Routes, ConfigError> + Send + Sync>;

/// Configures a [`ManagementServer`].
///
/// Host and port set here override `OTEL_EXPORTER_PROMETHEUS_HOST` and
/// `OTEL_EXPORTER_PROMETHEUS_PORT`, which override the default, `127.0.0.1:9464`. A malformed variable
/// is an error, unless it is overridden.
///
/// ```
/// use gusset_admin::ManagementServer;
///
/// let error = ManagementServer::builder()
///     .env(|name| (name == "OTEL_EXPORTER_PROMETHEUS_PORT").then(|| "http".to_owned()))
///     .start()
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`OTEL_EXPORTER_PROMETHEUS_PORT`: `http` is not a port number",
/// );
/// ```
#[must_use = "a builder does nothing until `start` is called"]
pub struct ManagementServerBuilder {
    host: Option<String>,
    port: Option<u16>,
    env_host: Result<Option<String>, ConfigError>,
    env_port: Result<Option<String>, ConfigError>,
    mounts: Vec<MountFn>,
    fallback: String,
    max_connections: usize,
    max_connections_per_peer: Option<usize>,
    recorder: Option<SharedRecorder>,
}

// === impl ManagementServer ===

impl ManagementServer {
    /// Returns a builder, for `127.0.0.1:9464` by default.
    pub fn builder() -> ManagementServerBuilder {
        ManagementServerBuilder::new()
    }
}

// === impl ManagementServerBuilder ===

impl ManagementServerBuilder {
    fn new() -> Self {
        let this = Self {
            host: None,
            port: None,
            env_host: Ok(None),
            env_port: Ok(None),
            mounts: Vec::new(),
            fallback: DEFAULT_FALLBACK.to_owned(),
            max_connections: DEFAULT_MAX_CONNECTIONS,
            max_connections_per_peer: None,
            recorder: None,
        };
        this.read(Env::process())
    }

    /// Sets the address or the name to listen on, without a port. `0.0.0.0` and `::` are every address
    /// of the machine. Of several addresses of one name, the first that can be bound is used.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Sets the port. With 0 the system chooses one; see [`ManagementServer::local_addr`].
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Reads the environment variables from `lookup` instead of the process.
    pub fn env(self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.read(Env::from_fn(&lookup))
    }

    /// Starts the server with the variables of `env`.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_in(self, env: Env<'_>) -> Result<ManagementServer, BindError> {
        self.read(env).start()
    }

    fn read(mut self, env: Env<'_>) -> Self {
        self.env_host = env.var(HOST_VARIABLE);
        self.env_port = env.var(PORT_VARIABLE);
        self
    }

    /// Adds an endpoint at a path.
    pub fn route(mut self, path: impl Into<String>, endpoint: impl Endpoint) -> Self {
        let path = path.into();
        let mount = |routes: Routes, _| routes.route(path, endpoint);
        self.mounts.push(Box::new(mount));
        self
    }

    /// Adds the endpoints of a part: the scrape endpoint, the health probes.
    pub fn mount(mut self, part: impl Mount) -> Self {
        let mount = move |routes: Routes, reach| part.mount(routes, reach);
        self.mounts.push(Box::new(mount));
        self
    }

    /// Sets the text of the 404 response to unknown paths.
    pub fn fallback(mut self, text: impl Into<String>) -> Self {
        self.fallback = text.into();
        self
    }

    /// Sets how many connections are served at a time. Defaults to 256. Beyond that, the connection that
    /// has been idle or stalled longest is closed for a new one.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Sets how many connections of one peer are served at a time: of an IPv4 address, or of an IPv6
    /// network of 64 bits. Defaults to a quarter of [`max_connections`](Self::max_connections), so 64.
    ///
    /// Beyond that, the peer's own connection that has been idle or stalled longest is closed for its
    /// new one. Raise it where a proxy forwards the requests of many clients.
    pub fn max_connections_per_peer(mut self, connections: usize) -> Self {
        self.max_connections_per_peer = Some(connections);
        self
    }

    /// Sets the recorder of the server's metrics about itself, [`names`](crate::names).
    ///
    /// By default they are not recorded.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(contain_recorder(recorder));
        self
    }

    /// Starts the server. The port is open and the thread is running when this returns.
    ///
    /// # Errors
    /// If the port is not a number, the host cannot be resolved or bound, a path is mounted twice, a
    /// part refuses to be served there, a number of connections is 0, or the system has no thread or
    /// runtime for it.
    pub fn start(self) -> Result<ManagementServer, BindError> {
        let (setting, host) = match (self.host, self.env_host) {
            (Some(host), _) => ("host", host),
            (None, env) => match or_warn(env) {
                Some(host) => (HOST_VARIABLE, host),
                None => ("host", DEFAULT_HOST.to_owned()),
            },
        };
        let (port_setting, port) = match (self.port, self.env_port) {
            (Some(port), _) => ("port", port),
            (None, env) => match or_warn(env) {
                Some(text) => (PORT_VARIABLE, parse_port(&text)?),
                None => ("port", DEFAULT_PORT),
            },
        };
        if self.max_connections == 0 {
            return Err(ConfigError::new("max_connections", "must not be 0").into());
        }
        let max_connections_per_peer = match self.max_connections_per_peer {
            Some(0) => {
                return Err(ConfigError::new("max_connections_per_peer", "must not be 0").into());
            }
            Some(connections) => connections,
            None => self.max_connections.div_ceil(DEFAULT_PEER_SHARE),
        };
        // Resolved separately from the bind, so that the message names the step that failed.
        let addresses: Vec<SocketAddr> = (host.as_str(), port)
            .to_socket_addrs()
            .map_err(|error| BindError::resolve(setting, &host, error))?
            .collect();
        let reach = if addresses.iter().all(|address| address.ip().is_loopback()) {
            Reach::Loopback
        } else {
            Reach::Network
        };
        let routes = self
            .mounts
            .into_iter()
            .try_fold(Routes::new(), |routes, mount| mount(routes, reach))?;
        let listener = TcpListener::bind(&*addresses)
            .map_err(|error| BindError::bind(port_setting, &host, port, error))?;
        ManagementServer::start(listener, |stopped| Serve {
            routes: Arc::new(routes),
            fallback: self.fallback.into(),
            max_connections: self.max_connections,
            max_connections_per_peer,
            recorder: self.recorder,
            stopped,
        })
        .map_err(BindError::system)
    }
}

/// Returns the value of a variable. One that is not valid Unicode is ignored with a warning.
fn or_warn(value: Result<Option<String>, ConfigError>) -> Option<String> {
    value.unwrap_or_else(|error| {
        tracing::warn!(target: "gusset::admin", "ignoring {error}; the default is used");
        None
    })
}

fn parse_port(text: &str) -> Result<u16, ConfigError> {
    text.parse()
        .map_err(|_| ConfigError::new(PORT_VARIABLE, format_args!("`{text}` is not a port number")))
}

impl fmt::Debug for ManagementServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagementServerBuilder")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("max_connections", &self.max_connections)
            .field("max_connections_per_peer", &self.max_connections_per_peer)
            .finish_non_exhaustive()
    }
}
