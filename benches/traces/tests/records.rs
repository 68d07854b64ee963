//! That all of them are at work, and not merely laid over a service: a layer that traces nothing would be
//! a cheap one.

use gusset_benches_traces::sink::Discard;
use gusset_benches_traces::{all, subjects};

const CALLS: usize = 7;

fn call(name: &str) {
    let all = all();
    let scenario = all.iter().find(|scenario| scenario.name == name).unwrap();
    let mut work = (scenario.make)()();
    (0..CALLS).for_each(|_| work());
}

#[test]
fn ours_exports_every_call_that_is_sampled() {
    for over in ["svc", "axum"] {
        let before = Discard::flush();
        call(&format!("{over}/sampled/gusset-alone"));
        call(&format!("{over}/unsampled/gusset-alone"));
        assert_eq!(Discard::flush() - before, CALLS as u64, "{over}");
    }
}

/// One test: they share the global provider, and two of them the subscriber.
#[test]
fn the_peers_export_every_call_that_is_sampled() {
    call("axum/sampled/otel-tower");
    assert_eq!(subjects::thrown(), CALLS);
    call("axum/unsampled/otel-tower");
    assert_eq!(subjects::thrown(), CALLS);
    call("axum/sampled/axum-tracing");
    assert_eq!(subjects::thrown(), 2 * CALLS);
}
