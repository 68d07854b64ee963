//! Where to listen, and who may see what.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use gusset_http::{Endpoint, EndpointListener, EndpointListenerBuilder};

use super::{Management, ManagementError};
use crate::Health;

/// Sets up a [`Management`] listener.
///
/// On this machine's own address, which is the default, details are for everybody. Any other address
/// asks for a [`detail_token`](crate::HealthBuilder::detail_token), or for
/// [`open_to_all`](Self::open_to_all).
///
/// ```
/// use std::net::Ipv4Addr;
/// use gusset_health::Health;
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let refused = health.management().address(Ipv4Addr::UNSPECIFIED).port(0).start();
/// assert_eq!(
///     refused.unwrap_err().to_string(),
///     "`address` cannot be used: 0.0.0.0 can be reached from outside, so it takes a `detail_token`, \
///      or `open_to_all`",
/// );
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `start` is called"]
pub struct ManagementBuilder {
    health: Health,
    address: IpAddr,
    port: u16,
    open_to_all: bool,
    served: EndpointListenerBuilder,
}

// === impl ManagementBuilder ===

impl ManagementBuilder {
    pub(super) fn new(health: Health) -> Self {
        Self {
            health,
            address: Ipv4Addr::LOCALHOST.into(),
            port: 9465,
            open_to_all: false,
            served: EndpointListener::named("health").otherwise("nothing is at this path\n"),
        }
    }

    /// Sets the address to listen on.
    pub fn address(mut self, address: impl Into<IpAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Sets the port. With 0 the system finds one, and [`Management::local_addr`] tells.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Shows details to all who reach the address: for networks where that is nobody.
    pub fn open_to_all(mut self) -> Self {
        self.open_to_all = true;
        self
    }

    /// Serves another endpoint beside: the scrape page at `/metrics`, say. It is not asked for a
    /// token.
    pub fn mount(mut self, path: impl Into<String>, endpoint: impl Endpoint) -> Self {
        self.served = self.served.mount(path, endpoint);
        self
    }

    /// Listens. The port is open when this returns, and the thread that serves it is running.
    ///
    /// # Errors
    ///
    /// [`ManagementError`], naming the field at fault, if the address may not be used or cannot be
    /// had; and if the system has no thread or runtime to give.
    pub fn start(self) -> Result<Management, ManagementError> {
        let Self {
            health,
            address,
            port,
            open_to_all,
            mut served,
        } = self;
        let local = address.is_loopback();
        if !local && !open_to_all && health.0.secret.is_none() {
            return Err(ManagementError::exposed(address));
        }
        for path in served.paths() {
            if !path.starts_with('/') || crate::PATHS.contains(&path) {
                return Err(ManagementError::path(path));
            }
        }
        let open = local || open_to_all;
        for (path, probe) in health.probes() {
            let probe = if open { probe.open() } else { probe };
            served = served.mount(path, probe);
        }

        let wanted = SocketAddr::from((address, port));
        let listener =
            TcpListener::bind(wanted).map_err(|error| ManagementError::bind(wanted, error))?;
        let listener = served.start(listener).map_err(ManagementError::system)?;
        Ok(Management(listener))
    }
}

impl fmt::Debug for ManagementBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagementBuilder")
            .field("address", &self.address)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
