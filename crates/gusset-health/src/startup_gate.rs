//! Rejection of requests before the start is complete.

use gusset_core::{Admission, CallContext, Protocol, Rejected};

use crate::{Health, Phase};

/// Rejects requests while the service starts. For listeners that open before the start is complete.
///
/// Returned by [`Health::startup_gate`]. Requests are admitted in all later phases. An unready or
/// draining service still serves, until load balancers stop sending. Costs one atomic load per request.
///
/// ```
/// use axum::Router;
/// use gusset_core::{AdmissionLayer, Rejected};
/// use gusset_health::Health;
/// use gusset_http::{Http, service_unavailable};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let gate = AdmissionLayer::<Http, _>::new(health.startup_gate())
///     .respond_with(|rejected: Rejected| service_unavailable::<axum::body::Body>(&rejected));
/// let app: Router = Router::new().layer(gate);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StartupGate(Health);

impl Health {
    /// Returns an admission that rejects requests while the service starts.
    pub fn startup_gate(&self) -> StartupGate {
        StartupGate(self.clone())
    }
}

// === impl StartupGate ===

impl<P: Protocol> Admission<P> for StartupGate {
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
