//! What a probe and a call of a service with health may allocate. A promise, so it is guarded to the
//! last allocation.

use gusset_benches::{Works, axum, health, layers};
use gusset_core::ObserveLayer;
use gusset_health::Health;
use gusset_http::Http;

const TIMES: u64 = 1000;

/// Allocations of so many after a warm-up.
fn allocated(works: &Works) -> u64 {
    let mut work = works();
    for _ in 0..100 {
        work();
    }
    allocation_counter::measure(|| (0..TIMES).for_each(|_| work())).count_total
}

#[test]
fn a_public_answer_allocates_its_headers_and_nothing_for_a_check() {
    for probe in [
        Health::livez,
        Health::readyz,
        Health::startupz,
        Health::healthz,
    ] {
        let [none, hundred] =
            [0, 100].map(|checks| allocated(&health::answers(&health::well(checks), probe, None)));
        assert_eq!(hundred, none);
        assert!(none / TIMES <= 2, "{} an answer", none / TIMES);
    }
}

#[test]
fn calls_under_way_are_counted_without_an_allocation() {
    let metrics = allocated(&axum::layered(layers::metrics()));
    let both = (health::well(0).in_flight(), layers::metrics_observer());
    let counted = allocated(&axum::layered(ObserveLayer::<Http, _>::new(both)));
    assert_eq!(counted, metrics);
}
