//! Every peer records, because a layer that records nothing would be cheap.

use gusset_benches::axum as route;
use gusset_benches_peers::recorders;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader as _;

const CALLS: usize = 7;

fn call(factory: &gusset_benches::WorkFactory) {
    let mut work = factory();
    (0..CALLS).for_each(|_| work());
}

#[test]
fn axum_prometheus_counts_calls_by_route() {
    call(&route::layered(recorders::axum_prometheus()));
    let metrics = recorders::prometheus().render();
    let total = r#"axum_http_requests_total{method="GET",status="200",endpoint="/items/{id}"} 7"#;
    assert!(metrics.contains(total), "{metrics}");
    assert!(metrics.contains("duration_seconds_bucket"), "{metrics}");
}

/// One test for both, because they share the global provider.
#[test]
fn opentelemetry_layers_record_durations_by_route() {
    let metrics = recorders::otel_tower().with_tracing(false).build().unwrap();
    call(&route::layered(metrics));
    call(&route::layered(recorders::tower_otel()));
    let mut metrics = ResourceMetrics::default();
    recorders::otel_global().collect(&mut metrics).unwrap();
    let scopes: Vec<String> = metrics
        .scope_metrics()
        .map(|scope| format!("{scope:?}"))
        .collect();
    assert_eq!(scopes.len(), 2, "{scopes:?}");
    for text in scopes {
        assert!(has_durations(&text), "{text}");
    }
}

#[test]
fn axum_otel_metrics_records_durations_by_route() {
    call(&route::layered(recorders::axum_otel_metrics()));
    let (_, reader) = recorders::otel_older();
    let mut metrics = opentelemetry_sdk_0_32::metrics::data::ResourceMetrics::default();
    opentelemetry_sdk_0_32::metrics::reader::MetricReader::collect(reader, &mut metrics).unwrap();
    let text = format!("{metrics:?}");
    assert!(has_durations(&text), "{text}");
}

/// Returns whether the text has the durations of all calls, by route.
fn has_durations(text: &str) -> bool {
    let durations = text.split_once("\"http.server.request.duration\"");
    durations.is_some_and(|(_, after)| {
        let (durations, _) = after.split_once(", bounds: ").unwrap_or((after, ""));
        durations.contains("/items/{id}") && durations.ends_with("count: 7")
    })
}
