//! Samplers of the SDK for gusset's spans.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use gusset_core::Env;
use gusset_opentelemetry::{SamplerAdapter, SpanProcessorSink};
use gusset_trace::sampler::TailSampler;
use gusset_trace::{SpanLayer, TraceObserver, TraceTrust, current_span_context};
use http::Request;
use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{Array, Context, KeyValue, Value};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::spans_support::*;
use crate::support::{Spans, TRACEPARENT, built};

/// A sampler that records what it is given, and returns what the test sets.
#[derive(Clone, Debug)]
struct Recording {
    decision: SamplingDecision,
    attributes: Vec<KeyValue>,
    state: Option<(&'static str, &'static str)>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[derive(Clone, Debug)]
struct Seen {
    parent: Context,
    trace_id: TraceId,
    name: String,
    kind: SpanKind,
    attributes: Vec<KeyValue>,
    links: Vec<Link>,
}

impl Recording {
    fn new(decision: SamplingDecision) -> Self {
        Self {
            decision,
            attributes: Vec::new(),
            state: None,
            seen: Arc::default(),
        }
    }

    #[track_caller]
    fn only(&self) -> Seen {
        let seen = self.seen.lock().unwrap();
        assert_eq!(seen.len(), 1, "{seen:#?}");
        seen[0].clone()
    }
}

impl ShouldSample for Recording {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let parent = parent.unwrap().clone();
        let mut state = parent.span().span_context().trace_state().clone();
        if let Some((key, value)) = self.state {
            state = state.insert(key, value).unwrap();
        }
        self.seen.lock().unwrap().push(Seen {
            parent,
            trace_id,
            name: name.to_owned(),
            kind: kind.clone(),
            attributes: attributes.to_vec(),
            links: links.to_vec(),
        });
        SamplingResult {
            decision: self.decision.clone(),
            attributes: self.attributes.clone(),
            trace_state: state,
        }
    }
}

fn continued() -> Request<()> {
    Request::get("http://shop.example/cups?size=3")
        .header("traceparent", TRACEPARENT)
        .header("tracestate", "foo=1")
        .body(())
        .unwrap()
}

fn server(sampler: impl ShouldSample + 'static) -> gusset_trace::TraceObserverBuilder {
    TraceObserver::server().sampler(SamplerAdapter::new(sampler))
}

/// Returns the flags and the trace state that a client would send.
fn sent() -> (bool, String) {
    let span = current_span_context().unwrap();
    (span.flags().is_sampled(), span.state().as_str().to_owned())
}

#[test]
fn sampler_gets_the_facts_of_the_request() {
    let sampler = Recording::new(SamplingDecision::RecordAndSample);
    serve(built(server(sampler.clone())), continued(), || ());
    let seen = sampler.only();
    assert_eq!((&*seen.name, &seen.kind), ("GET", &SpanKind::Server));
    assert_eq!(
        seen.trace_id.to_string(),
        "0af7651916cd43dd8448eb211c80319c"
    );
    let parent = seen.parent.span().span_context().clone();
    assert!(parent.is_remote() && parent.is_sampled());
    assert_eq!(parent.span_id().to_string(), "b7ad6b7169203331");
    assert_eq!(parent.trace_state().header(), "foo=1");
    for (key, value) in [
        ("http.request.method", "GET"),
        ("url.path", "/cups"),
        ("server.address", "shop.example"),
    ] {
        assert!(
            seen.attributes.contains(&KeyValue::new(key, value)),
            "{key}"
        );
    }
    assert!(seen.links.is_empty());
}

#[test]
fn sampler_of_a_root_has_no_parent() {
    let sampler = Recording::new(SamplingDecision::RecordAndSample);
    let trace = built(server(sampler.clone()));
    let trace_id = serve(trace, Request::new(()), || {
        current_span_context().unwrap().trace_id()
    });
    let seen = sampler.only();
    assert!(!seen.parent.has_active_span());
    assert_eq!(seen.trace_id.to_bytes(), trace_id.to_bytes());
}

#[test]
fn distrusted_parent_is_given_as_a_link() {
    let sampler = Recording::new(SamplingDecision::RecordAndSample);
    let trace = built(server(sampler.clone()).trust(TraceTrust::NewTrace));
    serve(trace, continued(), || ());
    let seen = sampler.only();
    assert!(!seen.parent.has_active_span());
    let [link] = &seen.links[..] else {
        panic!("{:?}", seen.links)
    };
    assert_eq!(link.span_context.span_id().to_string(), "b7ad6b7169203331");
}

#[test]
fn decision_is_honoured() {
    for (decision, is_sampled, is_recorded) in [
        (SamplingDecision::Drop, false, false),
        (SamplingDecision::RecordOnly, false, true),
        (SamplingDecision::RecordAndSample, true, true),
    ] {
        let recorder = Recorder::default();
        let trace = server(Recording::new(decision.clone()));
        let trace = built(trace.sink(SpanProcessorSink::new(recorder.clone())));
        let (flag, _) = serve(trace, continued(), sent);
        assert_eq!(flag, is_sampled, "{decision:?}");
        let ended = recorder.with(|recorded| recorded.ended.clone());
        assert_eq!(ended.len(), usize::from(is_recorded), "{decision:?}");
        for span in ended {
            assert_eq!(span.span_context.is_sampled(), is_sampled, "{decision:?}");
        }
    }
}

#[test]
fn recorded_span_without_the_flag_is_not_exported() {
    let spans = Spans::default();
    let trace = server(Recording::new(SamplingDecision::RecordOnly)).sink(spans.clone());
    serve(built(trace), continued(), || ());
    assert!(spans.take().is_empty());
}

#[test]
fn call_inside_of_an_unsampled_call_shares_the_decision() {
    let recorder = Recorder::default();
    let sink = || SpanProcessorSink::new(recorder.clone());
    let trace = built(server(Recording::new(SamplingDecision::RecordOnly)).sink(sink()));
    let client = built(TraceObserver::client().sink(sink()));
    serve(trace, continued(), || {
        let req = Request::get("http://stock/").body(()).unwrap();
        assert!(!request(client, req, sent).0);
    });
    let [client, server] = recorder.with(|recorded| recorded.ended.clone().try_into().unwrap());
    assert_eq!(client.parent_span_id, server.span_context.span_id());
    assert!(!client.span_context.is_sampled());
}

#[test]
fn attributes_of_the_sampler_are_on_the_span() {
    let mut sampler = Recording::new(SamplingDecision::RecordAndSample);
    sampler.attributes = vec![
        KeyValue::new("rule", "checkout"),
        KeyValue::new("ratio", 0.5),
        KeyValue::new("priority", 7),
        KeyValue::new("forced", true),
        KeyValue::new(
            "tags",
            Value::Array(Array::String(vec!["a".into(), "b".into()])),
        ),
        KeyValue::new("password", "hunter2"),
    ];
    let recorder = Recorder::default();
    let trace = server(sampler.clone()).sink(SpanProcessorSink::new(recorder.clone()));
    serve(built(trace), continued(), || ());
    let span = recorder.only();
    for attribute in &sampler.attributes[..5] {
        assert!(span.attributes.contains(attribute), "{attribute:?}");
    }
    // As every attribute that others set.
    assert_eq!(values(&span, "password"), [&Value::from("REDACTED")]);
}

#[test]
fn trace_state_of_the_sampler_is_sent() {
    for decision in [SamplingDecision::Drop, SamplingDecision::RecordAndSample] {
        let mut sampler = Recording::new(decision);
        sampler.state = Some(("ot", "th:8"));
        let recorder = Recorder::default();
        let trace = server(sampler).sink(SpanProcessorSink::new(recorder.clone()));
        let (is_sampled, state) = serve(built(trace), continued(), sent);
        assert_eq!(state, "ot=th:8,foo=1");
        if is_sampled {
            let span = recorder.only();
            assert_eq!(span.span_context.trace_state().header(), "ot=th:8");
        }
    }
}

#[test]
fn trace_state_of_a_root_is_sent() {
    let mut sampler = Recording::new(SamplingDecision::RecordAndSample);
    sampler.state = Some(("ot", "th:8"));
    let (_, state) = serve(built(server(sampler)), Request::new(()), sent);
    assert_eq!(state, "ot=th:8");
}

#[test]
fn samplers_of_the_sdk_decide() {
    let off = Sampler::ParentBased(Box::new(Sampler::AlwaysOff));
    let trace = built(server(off));
    assert!(serve(trace.clone(), continued(), sent).0);
    assert!(!serve(trace, Request::new(()), sent).0);
}

#[test]
fn tail_sampler_buffers_what_the_sdk_drops() {
    let mut sampler = Recording::new(SamplingDecision::Drop);
    sampler.attributes = vec![KeyValue::new("rule", "checkout")];
    let spans = Spans::default();
    let tail = TailSampler::new(SamplerAdapter::new(sampler));
    let trace = built(TraceObserver::server().sampler(tail).sink(spans.clone()));
    serve(trace.clone(), continued(), || ());
    assert!(spans.take().is_empty());
    serve_error(trace, continued(), || ());
    let span = spans.only();
    assert!(
        span.attributes
            .contains(&("rule".into(), "checkout".into()))
    );
}

#[test]
fn panic_of_the_sampler_is_contained_and_counted() {
    #[derive(Clone, Debug)]
    struct Panicking;
    impl ShouldSample for Panicking {
        fn should_sample(
            &self,
            _: Option<&Context>,
            _: TraceId,
            _: &str,
            _: &SpanKind,
            _: &[KeyValue],
            _: &[Link],
        ) -> SamplingResult {
            panic!("on purpose")
        }
    }
    let trace = built(server(Panicking));
    for _ in 0..2 {
        assert!(!serve(trace.clone(), continued(), sent).0);
    }
    assert_eq!(trace.sampler_panics(), 2);
}

#[test]
fn sampler_of_a_layer_gets_the_fields_of_a_span() {
    let mut sampler = Recording::new(SamplingDecision::RecordOnly);
    sampler.attributes = vec![KeyValue::new("rule", "checkout")];
    let recorder = Recorder::default();
    let layer = SpanLayer::new_in(
        SpanProcessorSink::new(recorder.clone()),
        Env::from_fn(&|_| None),
    );
    let layer = layer.sampler(SamplerAdapter::new(sampler.clone()));
    gusset_testkit::with_subscriber(tracing_subscriber::registry().with(layer), || {
        tracing::info_span!("load", otel.kind = "producer", cups = 3).in_scope(|| ());
    });
    let seen = sampler.only();
    assert_eq!((&*seen.name, &seen.kind), ("load", &SpanKind::Producer));
    assert_eq!(seen.attributes, [KeyValue::new("cups", 3)]);
    let span = recorder.only();
    assert!(!span.span_context.is_sampled());
    assert_eq!(values(&span, "rule"), [&Value::from("checkout")]);
}

#[tokio::test]
async fn sampler_gets_the_facts_of_a_message() {
    use gusset_core::{MessageOptions, ObserveLayer, RequestResponse};
    use tower::{Layer as _, ServiceExt as _, service_fn};

    let sampler = Recording::new(SamplingDecision::RecordAndSample);
    let options = MessageOptions::new("rabbitmq").with_destination(|(): &()| Some("orders"));
    let trace = server(sampler.clone());
    let trace = trace
        .build_consumer(options, Env::from_fn(&|_| None))
        .unwrap();
    let layer = ObserveLayer::<RequestResponse<(), ()>, _>::new(trace);
    let service = service_fn(|()| std::future::ready(Ok::<_, Infallible>(())));
    layer.layer(service).oneshot(()).await.unwrap();
    let seen = sampler.only();
    assert_eq!(
        (&*seen.name, &seen.kind),
        ("process orders", &SpanKind::Consumer)
    );
    let system = KeyValue::new("messaging.system", "rabbitmq");
    assert!(seen.attributes.contains(&system));
}
