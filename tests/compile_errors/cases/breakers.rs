//! Types that a breaker cannot use.

use gusset_breaker::classify::OutcomeFailures;
use gusset_breaker::{BreakerRegistry, CircuitBreaker};
use gusset_http::Http;

struct Config;

fn main() {
    let breaker = CircuitBreaker::builder("payments").build().unwrap();
    let _ = breaker.layer_with::<Http, _>(Config);
    let registry = BreakerRegistry::builder("peers").build().unwrap();
    let _ = registry.layer::<Http, _, _>(OutcomeFailures, Config);
}
