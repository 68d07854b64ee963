//! Nobody is served before the start is done.

use gusset_core::{Admission, CallContext, Protocol, Rejected};

use crate::{Health, Phase};

/// Refuses calls while the service starts, for listeners that open before the start is done; made by
/// [`Health::start_guard`].
///
/// It asks for the phase and for nothing else: a service that is not ready for another reason, or that
/// drains, serves on, because who sends to it does not know yet. One load of an
/// atomic a call.
///
/// ```
/// use axum::Router;
/// use gusset_core::{AdmissionLayer, Rejected};
/// use gusset_health::Health;
/// use gusset_http::{Http, service_unavailable};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let guard = AdmissionLayer::<Http, _>::new(health.start_guard())
///     .respond_with(|refused: Rejected| service_unavailable::<axum::body::Body>(&refused));
/// let app: Router = Router::new().layer(guard);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StartGuard(Health);

impl Health {
    /// A guard that refuses calls while the service starts.
    pub fn start_guard(&self) -> StartGuard {
        StartGuard(self.clone())
    }
}

// === impl StartGuard ===

impl<P: Protocol> Admission<P> for StartGuard {
    type Permit = ();
    type Rejection = Rejected;

    #[inline]
    fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<(), Rejected> {
        if self.0.lifecycle().phase() == Phase::Starting {
            Err(Rejected::new("starting"))
        } else {
            Ok(())
        }
    }
}
