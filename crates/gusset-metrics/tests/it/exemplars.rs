//! Exemplars have the ids of sampled calls only.

use std::sync::Arc;

use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer, Protocol, SpanIds};
use gusset_data::{Exemplar, MetricData, MetricProducer as _};
use gusset_http::Http;
use gusset_metrics::{HttpMetrics, Registry};
use http::{Response, header};

use gusset_testkit::ScriptedBody;

use crate::support::{exchange, get, hello};

const SAMPLED: SpanIds = SpanIds::new([1; 16], [2; 8], true);
const UNSAMPLED: SpanIds = SpanIds::new([3; 16], [4; 8], false);

/// An observer with span ids.
struct SpanObserver(SpanIds);

struct SpanCall(SpanIds);

impl<P: Protocol> Observer<P> for SpanObserver {
    type Call = SpanCall;
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> SpanCall {
        SpanCall(self.0)
    }
}

impl<P: Protocol> CallObserver<P> for SpanCall {
    fn span_ids(&self) -> Option<SpanIds> {
        Some(self.0)
    }
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

fn registry(exemplars: bool) -> Arc<Registry> {
    let registry = Registry::builder().exemplars(exemplars);
    Arc::new(registry.build_with(|_| None).unwrap())
}

/// Returns the exemplars of a histogram after a call with these ids.
fn exemplars_after(
    registry: &Arc<Registry>,
    name: &str,
    ids: SpanIds,
    response: Response<ScriptedBody>,
) -> Vec<Exemplar> {
    let metrics = HttpMetrics::server(registry.clone()).build_with(|_| None);
    // The order does not matter: all observers have the ids at the end.
    let layer = ObserveLayer::<Http, _>::new((metrics.unwrap(), SpanObserver(ids)));
    exchange(&layer, get("/a"), response);
    assert_eq!(SpanIds::current(), None);
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|metric| metric.name == name).unwrap();
    match &metric.data {
        MetricData::Histogram(points) => points[0].exemplars.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn only_sampled_calls_leave_exemplars() {
    for name in [
        "http.server.request.duration",
        "gusset.http.server.time_to_headers",
        "http.server.response.body.size",
    ] {
        let registry = registry(true);
        assert_eq!(exemplars_after(&registry, name, UNSAMPLED, hello()), []);
        let kept = exemplars_after(&registry, name, SAMPLED, hello());
        assert_eq!(kept.len(), 1, "{name}");
        assert_eq!(kept[0].trace_id, [1; 16]);
        assert_eq!(kept[0].span_id, [2; 8]);
        // An unsampled call does not replace it.
        assert_eq!(exemplars_after(&registry, name, UNSAMPLED, hello()), kept);
    }
}

#[test]
fn exemplar_has_the_value_of_its_call() {
    let name = "http.server.response.body.size";
    let kept = exemplars_after(&registry(true), name, SAMPLED, hello());
    assert_eq!(kept[0].value, 5.0);
}

#[test]
fn stream_leaves_its_exemplar_at_its_headers() {
    let stream = Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .body(ScriptedBody::new().data("hello"))
        .unwrap();
    let name = "http.server.request.duration";
    let kept = exemplars_after(&registry(true), name, SAMPLED, stream);
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].trace_id, [1; 16]);
}

#[test]
fn exemplars_can_be_switched_off() {
    let name = "http.server.request.duration";
    assert_eq!(
        exemplars_after(&registry(false), name, SAMPLED, hello()),
        []
    );
}
