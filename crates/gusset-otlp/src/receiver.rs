//! Where the telemetry of one signal is sent.

use std::fmt;
use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::PathBuf;
use std::time::Duration;

use crate::Signal;
use crate::settings::ExporterConfig;

/// The receiver of one signal. `Display` is its URL, without a query.
///
/// ```
/// use gusset_otlp::OtlpPipeline;
///
/// # fn main() -> Result<(), gusset_otlp::ConfigError> {
/// let pipeline = OtlpPipeline::builder().endpoint("http://127.0.0.1:4318").build_with(|_| None)?;
/// let urls: Vec<_> = pipeline.receivers().iter().map(ToString::to_string).collect();
/// assert_eq!(urls[0], "http://127.0.0.1:4318/v1/traces");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Receiver {
    signal: Signal,
    destination: String,
    /// The host and port to which connections are made.
    host: String,
    port: u16,
    #[cfg(unix)]
    socket: Option<PathBuf>,
    exposes_headers: bool,
}

// === impl Receiver ===

impl Receiver {
    pub(crate) fn new(config: &ExporterConfig) -> Self {
        let (host, port) = config.peer();
        Self {
            signal: config.signal,
            destination: config.destination(),
            exposes_headers: !config.headers.is_empty()
                && !config.endpoint.is_https()
                && !config.endpoint.is_local(),
            host,
            port,
            #[cfg(unix)]
            socket: config.endpoint.socket.clone(),
        }
    }

    /// Returns the signal.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// Returns whether headers, which often are credentials, cross the network without TLS.
    pub fn exposes_headers(&self) -> bool {
        self.exposes_headers
    }

    /// Connects to the receiver, or to the proxy on the way to it, and closes the connection.
    ///
    /// Blocks for the resolution of the name, and at most this time for each address of it.
    ///
    /// # Errors
    /// If the name cannot be resolved, or no address accepts a connection.
    pub fn connect(&self, timeout: Duration) -> io::Result<()> {
        #[cfg(unix)]
        if let Some(path) = &self.socket {
            return UnixStream::connect(path).map(drop);
        }
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, timeout) {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.destination)
    }
}
