//! The exact number of allocations of a probe and of a call in flight.

use gusset_benches::{WorkFactory, axum, health, layers};
use gusset_core::ObserveLayer;
use gusset_health::Health;
use gusset_http::Http;

const TIMES: u64 = 1000;

/// Returns the allocations of [`TIMES`] operations after a warm-up.
fn allocated(factory: &WorkFactory) -> u64 {
    let mut work = factory();
    for _ in 0..100 {
        work();
    }
    allocation_counter::measure(|| (0..TIMES).for_each(|_| work())).count_total
}

#[test]
fn public_response_allocates_only_headers() {
    for probe in [
        Health::livez,
        Health::readyz,
        Health::startupz,
        Health::healthz,
    ] {
        let [none, hundred] = [0, 100]
            .map(|checks| allocated(&health::responses(&health::healthy(checks), probe, None)));
        assert_eq!(hundred, none);
        assert!(none / TIMES <= 2, "{} per response", none / TIMES);
    }
}

#[test]
fn counting_calls_in_flight_allocates_nothing() {
    let metrics = allocated(&axum::layered(layers::metrics()));
    let both = (health::healthy(0).in_flight(), layers::metrics_observer());
    let counted = allocated(&axum::layered(ObserveLayer::<Http, _>::new(both)));
    assert_eq!(counted, metrics);
}
