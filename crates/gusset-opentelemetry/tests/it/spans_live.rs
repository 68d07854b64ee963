//! Spans that begin in a tracer of the SDK.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use gusset_opentelemetry::LiveSpans;
use gusset_propagation::{Propagator as _, Propagators, W3cTraceContext};
use gusset_trace::{TraceObserver, TraceTrust, current_span_context, set_attribute};
use http::{HeaderMap, Request};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{
    Link, SpanId, SpanKind, Status, TraceContextExt as _, TraceId, TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::{
    IdGenerator, Sampler, SamplingDecision, SamplingResult, SdkTracer, SdkTracerProvider,
    ShouldSample, TracerProviderBuilder,
};

use crate::spans_support::*;
use crate::support::{TRACEPARENT, built};

/// Ids as those of AWS X-Ray: the time in seconds and then a number.
#[derive(Debug, Default)]
struct XrayIds(AtomicU64);

impl IdGenerator for XrayIds {
    fn new_trace_id(&self) -> TraceId {
        let number = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
        TraceId::from(0x6925_0000_u128 << 96 | 0xabc << 32 | number)
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from(0x5155_0000 | self.0.fetch_add(1, Ordering::Relaxed))
    }
}

pub(crate) fn provider(
    configure: impl FnOnce(TracerProviderBuilder) -> TracerProviderBuilder,
) -> (SdkTracerProvider, Recorder) {
    let recorder = Recorder::default();
    let builder = SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOn)
        .with_span_processor(recorder.clone());
    (configure(builder).build(), recorder)
}

pub(crate) fn live(provider: &SdkTracerProvider) -> LiveSpans<SdkTracer> {
    LiveSpans::new(provider.tracer("shop"))
}

pub(crate) fn server(provider: &SdkTracerProvider) -> TraceObserver {
    built(TraceObserver::server().live(live(provider)))
}

pub(crate) fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

pub(crate) fn continued(path: &str) -> Request<()> {
    let mut req = get(path);
    req.headers_mut()
        .insert("traceparent", TRACEPARENT.parse().unwrap());
    req
}

/// Returns the `traceparent` that a client would send now.
pub(crate) fn traceparent() -> String {
    let span = current_span_context().unwrap();
    String::from_utf8(W3cTraceContext::traceparent(&span).to_vec()).unwrap()
}

#[test]
fn ids_of_the_generator_are_sent() {
    let (provider, recorder) = provider(|builder| builder.with_id_generator(XrayIds::default()));
    let (sent, ids) = serve(server(&provider), get("/"), || {
        (traceparent(), gusset_core::SpanIds::current().unwrap())
    });
    let span = recorder.only();
    let context = &span.span_context;
    assert!(context.trace_id().to_string().starts_with("69250000"));
    assert_eq!(
        sent,
        format!("00-{}-{}-01", context.trace_id(), context.span_id())
    );
    assert_eq!(ids.trace_id(), context.trace_id().to_bytes());
    assert_eq!(span.parent_span_id, SpanId::INVALID);
}

#[test]
fn processor_sees_the_span_before_the_service() {
    let (provider, recorder) = provider(|builder| builder);
    let seen = recorder.clone();
    serve(server(&provider), get("/"), move || {
        seen.with(|recorded| {
            assert_eq!((recorded.started.len(), recorded.ended.len()), (1, 0));
        });
    });
    assert_eq!(values(&recorder.only(), "on_start"), [&Value::Bool(true)]);
}

#[test]
fn received_context_is_the_parent_of_the_tracer() {
    let (provider, recorder) = provider(|builder| builder);
    let mut req = continued("/");
    let state = "congo=t61rcWkgMzE,ot=th:8";
    req.headers_mut()
        .insert("tracestate", state.parse().unwrap());
    req.headers_mut()
        .insert("baggage", "tenant=blue".parse().unwrap());
    let sent = serve(server(&provider), req, || {
        let mut headers = HeaderMap::new();
        let mut context = gusset_propagation::PropagationContext::default();
        context.span_context = current_span_context();
        Propagators::default().inject(&context, &mut headers);
        headers
    });
    let parent = recorder.with(|recorded| recorded.started[0].clone());
    let span_context = parent.span().span_context().clone();
    assert!(span_context.is_remote());
    assert_eq!(span_context.span_id().to_string(), "b7ad6b7169203331");
    assert_eq!(span_context.trace_state().header(), state);
    assert_eq!(parent.baggage().get("tenant").unwrap().as_str(), "blue");
    let span = recorder.only();
    assert_eq!(span.parent_span_id, span_context.span_id());
    assert!(span.parent_span_is_remote);
    assert_eq!(span.span_context.trace_state().header(), state);
    assert_eq!(sent["tracestate"], state);
}

#[test]
fn state_that_the_sdk_rejects_is_sent_on() {
    let (provider, _recorder) = provider(|builder| builder);
    let mut req = continued("/");
    let state = "foo@bar@baz=1,bar=2";
    req.headers_mut()
        .insert("tracestate", state.parse().unwrap());
    let sent = serve(server(&provider), req, || current_span_context().unwrap());
    assert_eq!(sent.state().as_str(), state);
}

#[test]
fn every_field_arrives_once() {
    let scope = InstrumentationScope::builder("shop")
        .with_version("1.2")
        .with_schema_url("https://example.com/schema")
        .build();
    let (provider, recorder) = provider(|builder| builder);
    let tracer = LiveSpans::new(provider.tracer_with_scope(scope.clone()));
    let before = SystemTime::now();
    let trace = built(TraceObserver::server().live(tracer));
    serve_error(trace, continued("/cups?size=3"), || {
        set_attribute("shop.plan", "silver");
        set_attribute("shop.plan", "gold");
    });
    let span = recorder.only();
    assert_eq!(span.name, "GET");
    assert_eq!(span.span_kind, SpanKind::Server);
    assert_eq!(span.status, Status::error(""));
    assert_eq!(span.instrumentation_scope, scope);
    assert!(before <= span.start_time && span.start_time <= span.end_time);
    assert_eq!(span.dropped_attributes_count, 0);
    for (key, value) in [
        ("http.request.method", Value::from("GET")),
        ("url.path", "/cups".into()),
        ("url.scheme", "http".into()),
        ("http.response.status_code", 503.into()),
        ("error.type", "503".into()),
        ("shop.plan", "gold".into()),
    ] {
        assert_eq!(values(&span, key), [&value], "{key}");
    }
    let mut keys: Vec<_> = span
        .attributes
        .iter()
        .map(|attribute| &attribute.key)
        .collect();
    keys.sort();
    let count = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), count, "{:#?}", span.attributes);
}

#[test]
fn client_call_is_a_child_in_the_tracer() {
    let (provider, recorder) = provider(|builder| builder.with_id_generator(XrayIds::default()));
    let client = built(TraceObserver::client().live(live(&provider)));
    let (outer, sent) = serve(server(&provider), get("/"), || {
        let outer = current_span_context().unwrap();
        (outer, request(client, get("http://stock/"), traceparent))
    });
    let [client, server] = recorder.with(|recorded| recorded.ended.clone().try_into().unwrap());
    assert_eq!(client.span_kind, SpanKind::Client);
    assert_eq!(client.parent_span_id, server.span_context.span_id());
    assert!(!client.parent_span_is_remote);
    assert_eq!(
        outer.span_id().to_bytes(),
        server.span_context.span_id().to_bytes()
    );
    let ids = &client.span_context;
    assert_eq!(sent, format!("00-{}-{}-01", ids.trace_id(), ids.span_id()));
}

/// A sampler whose decisions another service sends.
#[derive(Clone, Debug)]
struct Remote(Arc<Mutex<Decision>>);

#[derive(Debug)]
struct Decision {
    decision: SamplingDecision,
    /// The requests for a decision.
    requests: Vec<(String, SpanKind, Vec<KeyValue>)>,
}

impl ShouldSample for Remote {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let mut state = self.0.lock().unwrap();
        state
            .requests
            .push((name.to_owned(), kind.clone(), attributes.to_vec()));
        let parent_state = parent.map(|cx| cx.span().span_context().trace_state().clone());
        SamplingResult {
            decision: state.decision.clone(),
            attributes: vec![KeyValue::new("sampler.rule", "shop")],
            trace_state: parent_state
                .unwrap_or_default()
                .insert("rule", "1")
                .unwrap(),
        }
    }
}

#[test]
fn sampler_of_the_tracer_decides() {
    for (decision, flags, is_recorded) in [
        (SamplingDecision::Drop, "00", false),
        (SamplingDecision::RecordOnly, "00", true),
        (SamplingDecision::RecordAndSample, "01", true),
    ] {
        let remote = Remote(Arc::new(Mutex::new(Decision {
            decision: decision.clone(),
            requests: Vec::new(),
        })));
        let (provider, recorder) = provider(|builder| builder.with_sampler(remote.clone()));
        let mut req = continued("/cups");
        req.headers_mut()
            .insert("tracestate", "foo=1".parse().unwrap());
        let (sent, state) = serve(server(&provider), req, || {
            let span = current_span_context().unwrap();
            (traceparent(), span.state().as_str().to_owned())
        });
        assert!(sent.ends_with(&format!("-{flags}")), "{decision:?}: {sent}");
        assert_eq!(state, "rule=1,foo=1");
        let [(name, kind, attributes)] = &remote.0.lock().unwrap().requests[..] else {
            panic!("one request");
        };
        assert_eq!((&**name, kind), ("GET", &SpanKind::Server));
        assert!(attributes.contains(&KeyValue::new("url.path", "/cups")));
        let ended = recorder.with(|recorded| recorded.ended.clone());
        assert_eq!(ended.len(), usize::from(is_recorded), "{decision:?}");
        for span in &ended {
            assert_eq!(values(span, "sampler.rule"), [&Value::from("shop")]);
            assert_eq!(span.span_context.trace_state().header(), "rule=1,foo=1");
        }
    }
}

#[test]
fn distrusted_parent_is_a_link() {
    let (provider, recorder) = provider(|builder| builder);
    let trace = TraceObserver::server().trust(TraceTrust::NewTrace);
    let trace = built(trace.live(live(&provider)));
    serve(trace, continued("/"), || ());
    let span = recorder.only();
    assert_eq!(span.parent_span_id, SpanId::INVALID);
    let [link] = &span.links[..] else {
        panic!("{:?}", span.links)
    };
    assert_eq!(link.span_context.span_id().to_string(), "b7ad6b7169203331");
}

#[test]
fn own_sampling_is_rejected() {
    let (provider, _recorder) = provider(|builder| builder);
    let trace = TraceObserver::server().trust(TraceTrust::OwnSampling);
    let error = trace
        .live(live(&provider))
        .build_with(|_| None)
        .unwrap_err();
    assert_eq!(error.setting(), "trust");
}

#[test]
fn root_span_ignores_other_current_spans() {
    let (provider, recorder) = provider(|builder| builder);
    let around = Context::new().with_remote_span_context(opentelemetry::trace::SpanContext::new(
        TraceId::from(1),
        SpanId::from(2),
        opentelemetry::trace::TraceFlags::SAMPLED,
        false,
        Default::default(),
    ));
    let _guard = around.attach();
    serve(server(&provider), get("/"), || ());
    assert_eq!(recorder.only().parent_span_id, SpanId::INVALID);
}
