//! What a request may allocate. A promise, so it is guarded to the last allocation.

use gusset_benches::{Works, axum, layers, svc};

const REQUESTS: u64 = 10_000;

/// Allocations, and their bytes, of so many requests after a warm-up.
fn allocated(works: &Works) -> (u64, u64) {
    let mut work = works();
    for _ in 0..100 {
        work();
    }
    let info = allocation_counter::measure(|| (0..REQUESTS).for_each(|_| work()));
    assert_eq!(info.count_current, 0, "requests leave allocations behind");
    (info.count_total, info.bytes_total)
}

#[test]
fn metrics_allocate_nothing_for_a_request() {
    let bare = allocated(&svc::bare());
    assert_eq!(allocated(&svc::layered(layers::metrics())), bare);
    assert_eq!(allocated(&svc::layered(layers::metrics_noop())), bare);
}

#[test]
fn the_driver_allocates_nothing_for_a_request() {
    let bare = allocated(&svc::bare());
    assert_eq!(allocated(&svc::layered(layers::driver())), bare);
    assert_eq!(allocated(&svc::layered(layers::three())), bare);
}

/// axum boxes every layer's service, future and body: three allocations a request, its price for any
/// layer that wraps them. Metrics add nothing to that.
#[test]
fn on_axum_metrics_allocate_as_often_as_a_layer_that_does_nothing() {
    let (pass, _) = allocated(&axum::layered(layers::pass()));
    let (metrics, _) = allocated(&axum::layered(layers::metrics()));
    assert_eq!(metrics / REQUESTS, pass / REQUESTS);
}
