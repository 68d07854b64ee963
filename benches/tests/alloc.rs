//! The exact number of allocations of a request.

use gusset_benches::{WorkFactory, axum, layers, svc, visits};

const REQUESTS: u64 = 10_000;

/// Returns the allocations and bytes of [`REQUESTS`] requests after a warm-up.
fn allocated(factory: &WorkFactory) -> (u64, u64) {
    let mut work = factory();
    for _ in 0..100 {
        work();
    }
    let info = allocation_counter::measure(|| (0..REQUESTS).for_each(|_| work()));
    assert_eq!(info.count_current, 0, "no request leaks");
    (info.count_total, info.bytes_total)
}

#[test]
fn metrics_allocate_nothing() {
    let bare = allocated(&svc::bare());
    assert_eq!(allocated(&svc::layered(layers::metrics())), bare);
    assert_eq!(allocated(&svc::layered(layers::metrics_noop())), bare);
}

#[test]
fn driver_allocates_nothing() {
    let bare = allocated(&svc::bare());
    assert_eq!(allocated(&svc::layered(layers::driver())), bare);
    assert_eq!(allocated(&svc::layered(layers::three_observers())), bare);
}

#[test]
fn disarmed_faults_allocate_nothing() {
    let bare = allocated(&svc::bare());
    assert_eq!(allocated(&svc::layered(layers::chaos_disarmed())), bare);
}

/// axum boxes the service, future and body of every layer: three allocations for each request. Metrics add
/// none to those.
#[test]
fn metrics_allocate_nothing_more_on_axum() {
    let (pass, _) = allocated(&axum::layered(layers::pass()));
    let (metrics, _) = allocated(&axum::layered(layers::metrics()));
    assert_eq!(metrics / REQUESTS, pass / REQUESTS);
}

#[test]
fn counting_visitors_allocates_nothing() {
    let scenarios = visits::scenarios();
    let of = |name| {
        let scenario = scenarios.iter().find(|it| it.name == name);
        allocated(&(scenario.expect("it is in the list").make)())
    };
    for name in ["visits/known", "visits/bot", "visits/new"] {
        assert_eq!(of(name), of(visits::BARE), "{name}");
    }
}
