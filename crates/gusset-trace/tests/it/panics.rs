//! Panics of the user's sampler, propagator and sink do not reach the call.

use gusset_data::{SpanData, SpanSink};
use gusset_http::HttpServerClassifier;
use gusset_propagation::{PropagationContext, Propagator, Propagators};
use gusset_trace::sampler::{
    CallSummary, Sampler, SamplingDecision, SamplingParameters, SpanBuffer,
};
use gusset_trace::{ClientLayer, InjectLayer, SpanLayer, TraceObserver, TraceObserverBuilder};
use http::{HeaderMap, Request};
use tower_layer::Layer as _;
use tower_service::Service as _;
use tracing::info_span;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::exported::*;
use crate::service::VALID;
use crate::support::*;

struct Broken;

impl Sampler for Broken {
    fn should_sample(&self, _: &SamplingParameters<'_>) -> SamplingDecision {
        panic!("a broken sampler")
    }
}

impl Propagator for Broken {
    fn extract(&self, _: &HeaderMap) -> PropagationContext {
        panic!("a broken propagator")
    }

    fn inject(&self, _: &PropagationContext, headers: &mut HeaderMap) {
        headers.insert("half", http::HeaderValue::from_static("written"));
        panic!("a broken propagator")
    }
}

impl SpanSink for Broken {
    fn export(&self, _: SpanData) {
        panic!("a broken sink")
    }
}

struct BrokenCapacity;

impl SpanSink for BrokenCapacity {
    fn export(&self, _: SpanData) {}

    fn has_capacity(&self) -> bool {
        panic!("a broken sink")
    }
}

struct BrokenExport;

impl Sampler for BrokenExport {
    fn should_sample(&self, _: &SamplingParameters<'_>) -> SamplingDecision {
        SamplingDecision::RecordOnly(SpanBuffer::new(8))
    }

    fn should_export(&self, _: &CallSummary) -> bool {
        panic!("a broken sampler")
    }
}

/// Serves two calls, which must complete. Returns the observer after one report of the fault.
#[track_caller]
fn serve_two(builder: TraceObserverBuilder, report: &str) -> TraceObserver {
    let observer = built(builder);
    SpanRecorder::during(|log| {
        let mut served = 0;
        for _ in 0..2 {
            during::<HttpServerClassifier, _>(observer.clone(), get("/"), || served += 1);
        }
        assert_eq!(served, 2);
        let reports = log
            .events()
            .into_iter()
            .filter(|event| event.contains(report));
        assert_eq!(reports.count(), 1, "{:?}", log.events());
    });
    observer
}

#[test]
fn panic_of_a_sampler_is_contained_and_counted() {
    let spans = Spans::default();
    let builder = TraceObserver::server().sink(spans.clone());
    let observer = serve_two(builder.sampler(Broken), "the sampler panicked");
    assert_eq!(observer.sampler_panics(), 2);
    let builder = TraceObserver::server().sink(spans.clone());
    let observer = serve_two(builder.sampler(BrokenExport), "the sampler panicked");
    assert_eq!(observer.sampler_panics(), 2);
    assert!(spans.take().is_empty());
}

#[test]
fn panic_of_a_sink_is_contained_and_counted() {
    let observer = serve_two(
        TraceObserver::server().sink(Broken),
        "the sink of spans panicked",
    );
    assert_eq!(observer.sink_panics(), 2);
    let builder = TraceObserver::server().sink(BrokenCapacity);
    let observer = serve_two(builder, "the sink of spans panicked");
    assert_eq!(observer.sink_panics(), 2);
}

#[test]
fn panics_in_a_span_layer_are_contained_and_counted() {
    let layer = SpanLayer::new(Broken);
    let counters = layer.clone();
    gusset_testkit::with_subscriber(Registry::default().with(layer), || {
        info_span!("root").in_scope(|| {});
        let observer = built(TraceObserver::server());
        during::<HttpServerClassifier, _>(observer, get("/"), || {
            info_span!("own").in_scope(|| {});
        });
    });
    assert_eq!((counters.sink_panics(), counters.sampler_panics()), (3, 0));

    let spans = Spans::default();
    let layer = SpanLayer::new(spans.clone()).sampler(Broken);
    let counters = layer.clone();
    gusset_testkit::with_subscriber(Registry::default().with(layer), || {
        info_span!("root").in_scope(|| {});
    });
    assert_eq!((counters.sink_panics(), counters.sampler_panics()), (0, 1));
    assert!(spans.take().is_empty());
}

#[test]
fn panic_of_a_propagator_is_contained_and_counted() {
    let spans = Spans::default();
    let builder = TraceObserver::server().propagators(Propagators::default().with(Broken));
    let observer = serve_two(builder.sink(spans.clone()), "a propagator panicked");
    assert_eq!(observer.propagators().panics(), 2);
    // The others go on.
    for span in spans.take() {
        assert_eq!(&VALID[3..5], &format!("{:02x}", span.trace_id[0]));
    }
}

#[test]
fn panic_of_a_propagator_leaves_a_client_call_as_it_was() {
    let propagators = Propagators::default().with(Broken);
    let sent = |req: Request<()>| {
        assert!(req.headers().contains_key("traceparent"));
        hello()
    };
    let mut inject = InjectLayer::new(propagators.clone()).layer(Respond(sent));
    during::<HttpServerClassifier, _>(built(TraceObserver::server()), get("/"), || {
        let Ok(_) = now(inject.call(Request::new(())));
    });
    assert_eq!(propagators.panics(), 1);

    let trace = built(TraceObserver::client().propagators(propagators.clone()));
    let mut client = ClientLayer::new(trace).unwrap().layer(Respond(sent));
    let Ok(_) = now(client.call(Request::new(())));
    assert_eq!(propagators.panics(), 2);
}
