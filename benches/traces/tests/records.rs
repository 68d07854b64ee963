//! Every subject exports spans, because a layer that exports nothing would be cheap.

use gusset_benches_traces::sink::DiscardSink;
use gusset_benches_traces::{all, subjects};

const CALLS: usize = 7;

fn call(name: &str) {
    let all = all();
    let scenario = all.iter().find(|scenario| scenario.name == name).unwrap();
    let mut work = (scenario.make)()();
    (0..CALLS).for_each(|_| work());
}

#[test]
fn gusset_exports_sampled_calls() {
    for service in ["svc", "axum"] {
        let before = DiscardSink::flush();
        call(&format!("{service}/sampled/gusset-alone"));
        call(&format!("{service}/unsampled/gusset-alone"));
        assert_eq!(DiscardSink::flush() - before, CALLS as u64, "{service}");
    }
}

/// One test for all, because they share the global provider and the count.
#[test]
fn sdk_exports_sampled_calls() {
    call("axum/sampled/otel-tower");
    assert_eq!(subjects::discarded(), CALLS);
    call("axum/unsampled/otel-tower");
    assert_eq!(subjects::discarded(), CALLS);
    call("svc/sampled/gusset-exporter");
    assert_eq!(subjects::discarded(), 2 * CALLS);
    call("svc/sampled/gusset-live");
    assert_eq!(subjects::discarded(), 3 * CALLS);
    // Last: its subscriber is global, and would export gusset's calls too.
    call("axum/sampled/axum-tracing");
    assert_eq!(subjects::discarded(), 4 * CALLS);
}
