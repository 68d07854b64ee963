//! The probes, for a management server.

use gusset_core::ConfigError;
use gusset_http::{Mount, Reach, Routes};

use crate::Health;

/// The endpoints of [`Health::probes`], for a management server to mount.
///
/// On a loopback address, details are shown to every client. On any other address the server needs a
/// [`details_token`](crate::HealthBuilder::details_token), or
/// [`allow_anonymous_details`](Self::allow_anonymous_details).
///
/// ```
/// use gusset_health::Health;
/// use gusset_http::{Mount, Reach, Routes};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let routes = health.probe_routes().mount(Routes::new(), Reach::Loopback)?;
/// assert!(routes.paths().any(|path| path == "/livez"));
///
/// let error = health.probe_routes().mount(Routes::new(), Reach::Network).unwrap_err();
/// assert_eq!(error.setting(), "host");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ProbeRoutes {
    health: Health,
    allow_anonymous_details: bool,
}

// === impl ProbeRoutes ===

impl ProbeRoutes {
    /// Shows details to every client that can connect: for networks without untrusted clients.
    #[must_use]
    pub fn allow_anonymous_details(mut self) -> Self {
        self.allow_anonymous_details = true;
        self
    }
}

impl Mount for ProbeRoutes {
    fn mount(&self, routes: Routes, reach: Reach) -> Result<Routes, ConfigError> {
        let is_open = self.allow_anonymous_details || reach == Reach::Loopback;
        if !is_open && self.health.0.token.is_none() {
            return Err(ConfigError::new(
                "host",
                "clients on the network can connect, so health needs a `details_token` or \
                 `allow_anonymous_details`",
            ));
        }
        self.health
            .probes()
            .try_fold(routes, |routes, (path, probe)| {
                let probe = if is_open {
                    probe.with_anonymous_details()
                } else {
                    probe
                };
                routes.route(path, probe)
            })
    }
}

// === impl Health ===

impl Health {
    /// Returns the probes and the details, for a management server to mount.
    pub fn probe_routes(&self) -> ProbeRoutes {
        ProbeRoutes {
            health: self.clone(),
            allow_anonymous_details: false,
        }
    }
}
