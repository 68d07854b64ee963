//! The endpoints, as a part of a management server.

use std::fmt;

use gusset_core::ConfigError;
use gusset_http::{Mount, Reach, Routes};

use crate::endpoint::ProfileEndpoint;
use crate::request::Kind;
use crate::settings::Settings;

/// Serves CPU and heap profiles of the process. Implements [`Mount`]; mount it on a management server.
///
/// | path | feature | parameters |
/// |---|---|---|
/// | `/debug/pprof/profile` | `cpu` | `seconds`, 30 by default; `format`, `pprof` or `flamegraph` |
/// | `/debug/pprof/heap` | `heap` | `format` |
///
/// The format `pprof` is that of Go and its tools: a compressed message `perftools.profiles.Profile`. Its samples of
/// the CPU have a count and nanoseconds; those of the heap have the bytes in use, as estimated from the sampled
/// allocations. `flamegraph` is an SVG (feature `flamegraph`).
///
/// | status | when |
/// |---|---|
/// | `200` | a profile |
/// | `204` | a flame graph without samples: the process used no CPU time |
/// | `400` | a parameter is invalid or unknown, or the feature `flamegraph` is not compiled in |
/// | `401` | the token is missing or wrong |
/// | `403` | no token is configured |
/// | `405` | the method is not `GET` |
/// | `409` | a profile is being taken, here or by other code of the process |
/// | `500` | the profiler failed |
/// | `501` | the feature is not compiled in, or the allocator has no profiles |
///
/// A profile is taken on a thread of its own, which is started for it and ends with it. It ends early if its client
/// disconnects. **The hazards are in the [documentation of the crate](crate#hazards).**
///
/// ```
/// use gusset_http::{Mount as _, Reach, RequestHead, Routes};
/// use gusset_profile::ProfileEndpoints;
///
/// # fn main() -> Result<(), gusset_core::ConfigError> {
/// let profiles = ProfileEndpoints::builder().token("0123456789abcdef").build()?;
/// let routes = profiles.mount(Routes::new(), Reach::Loopback)?;
/// assert_eq!(routes.paths().collect::<Vec<_>>(), ["/debug/pprof/heap", "/debug/pprof/profile"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ProfileEndpoints {
    pub(crate) settings: Settings,
}

impl Mount for ProfileEndpoints {
    /// Adds `/debug/pprof/profile` and `/debug/pprof/heap`, whichever features are enabled: without its feature, a
    /// path answers which one is missing.
    fn mount(&self, routes: Routes, _: Reach) -> Result<Routes, ConfigError> {
        let endpoint = |kind| ProfileEndpoint::new(kind, self.settings.clone());
        routes
            .route("/debug/pprof/profile", endpoint(Kind::Cpu))?
            .route("/debug/pprof/heap", endpoint(Kind::Heap))
    }
}

impl fmt::Debug for ProfileEndpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings {
            token,
            max_duration,
            frequency,
        } = &self.settings;
        f.debug_struct("ProfileEndpoints")
            .field("has_token", &token.is_some())
            .field("max_duration", max_duration)
            .field("frequency", frequency)
            .finish()
    }
}
