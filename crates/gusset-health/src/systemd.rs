//! The notification socket of systemd.
//!
//! The crate `sd-notify` (0.5) does not cover this use: it takes an abstract address for a file path,
//! reads only the environment of the process, and sends on a blocking socket.

use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use crate::{ConfigError, Env, TARGET};

const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";
const WATCHDOG_USEC: &str = "WATCHDOG_USEC";

/// The notification socket, and the timeout of the watchdog if it is enabled.
#[derive(Debug)]
pub(crate) struct SystemdSocket {
    socket: UnixDatagram,
    address: SocketAddr,
    pub(crate) watchdog: Option<Duration>,
}

// === impl SystemdSocket ===

impl SystemdSocket {
    /// Reads `NOTIFY_SOCKET` and `WATCHDOG_USEC`. Returns `None` without `NOTIFY_SOCKET`.
    pub(crate) fn from_env(env: Env<'_>) -> Result<Option<Self>, ConfigError> {
        let Some(path) = var_or_warn(env, NOTIFY_SOCKET) else {
            return Ok(None);
        };
        let error = |error: io::Error| ConfigError::new(NOTIFY_SOCKET, error);
        let address = parse_address(&path).map_err(error)?;
        let socket = UnixDatagram::unbound().map_err(error)?;
        socket.set_nonblocking(true).map_err(error)?;
        let watchdog = match var_or_warn(env, WATCHDOG_USEC) {
            None => None,
            Some(text) => match text.parse() {
                Ok(micros @ 1..) => Some(Duration::from_micros(micros)),
                _ => {
                    let reason = "not a positive number of microseconds";
                    return Err(ConfigError::new(WATCHDOG_USEC, reason));
                }
            },
        };
        Ok(Some(Self {
            socket,
            address,
            watchdog,
        }))
    }

    /// Sends a notification. Drops it if the socket is full, because the service must not block.
    pub(crate) fn notify(&self, message: &str) {
        if let Err(error) = self.socket.send_to_addr(message.as_bytes(), &self.address) {
            tracing::debug!(target: TARGET, "cannot notify systemd: {error}");
        }
    }
}

/// Returns a variable. One that is not valid Unicode is ignored with a warning.
fn var_or_warn(env: Env<'_>, name: &str) -> Option<String> {
    env.var(name).unwrap_or_else(|error| {
        tracing::warn!(target: TARGET, "ignoring {error}; systemd is not notified of what it is for");
        None
    })
}

/// Parses a path, or `@` and an abstract name on Linux.
fn parse_address(path: &str) -> io::Result<SocketAddr> {
    match path.strip_prefix('@') {
        None => SocketAddr::from_pathname(path),
        #[cfg(target_os = "linux")]
        Some(name) => {
            use std::os::linux::net::SocketAddrExt as _;
            SocketAddr::from_abstract_name(name)
        }
        #[cfg(not(target_os = "linux"))]
        Some(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}
