//! The probes on the management server.

use gusset_core::ConfigError;
use gusset_health::Health;
use gusset_http::{Mount, Reach, Routes};

/// Mounts the probes. On the network they show details to clients with the `details_token` only, so that
/// a service in a container needs no token to be probed.
pub(super) struct Probes(pub(super) Health);

impl Mount for Probes {
    fn mount(&self, routes: Routes, reach: Reach) -> Result<Routes, ConfigError> {
        let Self(health) = self;
        if reach == Reach::Loopback {
            return health.probe_routes().mount(routes, reach);
        }
        health
            .probes()
            .try_fold(routes, |routes, (path, probe)| routes.route(path, probe))
    }
}
