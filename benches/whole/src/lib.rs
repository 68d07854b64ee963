//! What a service uses, on an axum route and on a plain service: the layers of the façade, with everything
//! compiled in, and the five jobs at once: request id, log line, metrics, span and circuit breaker.

pub mod collector;
pub mod layers;
pub mod scenarios;

use gusset_benches::Scenario;

pub use scenarios::SERVERS;

/// Returns all scenarios, each after its baseline.
pub fn all() -> Vec<Scenario> {
    scenarios::all()
}
