//! What a client that is not trusted sends about sampling, with `TraceTrust::OwnSampling`.

use std::sync::{Arc, Mutex};

use gusset_data::SpanData;
use gusset_http::{HttpServerClassifier, PeerAddr, TrustedProxies};
use gusset_propagation::{Propagators, TraceId};
use gusset_trace::sampler::{Sampler, SamplingDecision, SamplingParameters, TraceIdRatio};
use gusset_trace::{InjectLayer, TraceObserver, TraceObserverBuilder, TraceTrust};
use http::{HeaderMap, Request};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::exported::*;
use crate::support::*;

const TRACE: &str = "12345678901234567890123456789012";
const TRACEPARENT: &str = "00-12345678901234567890123456789012-1234567890123456-01";

/// Serves a request of `203.0.113.9`, and returns its span and the headers of a request that it sends.
fn serve(builder: TraceObserverBuilder, headers: &[(&str, &str)]) -> (Vec<SpanData>, HeaderMap) {
    let spans = Spans::default();
    let mut req = Request::get("/");
    for (name, value) in headers {
        req = req.header(*name, *value);
    }
    let peer = PeerAddr("203.0.113.9:80".parse().unwrap());
    let req = req.extension(peer).body(()).unwrap();
    let observer = built(builder.sink(spans.clone()));
    let inject = InjectLayer::new(observer.propagators().clone());
    let mut sent = HeaderMap::new();
    during::<HttpServerClassifier, _>(observer, req, || {
        let mut client = inject.layer(Respond(|req: Request<()>| {
            sent = req.headers().clone();
            hello()
        }));
        let Ok(_) = now(client.call(Request::new(())));
    });
    (spans.take(), sent)
}

fn own_sampling() -> TraceObserverBuilder {
    TraceObserver::server().trust(TraceTrust::OwnSampling)
}

#[test]
fn sampling_state_of_an_untrusted_client_is_neither_exported_nor_sent() {
    for (state, rest) in [
        ("ot=th:c", None),
        ("ot=rv:ffffffffffffff", None),
        ("ot=th:0;rv:00000000000000", None),
        ("ot=p:8;r:62", None),
        (
            "vendor=x,ot=th:0;rv:00000000000000,other=y",
            Some("vendor=x,other=y"),
        ),
        ("vendor=x", Some("vendor=x")),
    ] {
        let headers = [("traceparent", TRACEPARENT), ("tracestate", state)];
        let (spans, sent) = serve(own_sampling(), &headers);
        assert_eq!(spans[0].trace_state.as_str(), "", "{state}");
        let sent_state = sent.get("tracestate").map(|value| value.to_str().unwrap());
        assert_eq!(sent_state, rest, "{state}");
        assert!(sent["traceparent"].to_str().unwrap().contains(TRACE));
    }
}

#[test]
fn sampling_state_of_a_trusted_proxy_is_exported_and_sent() {
    let headers = [
        ("traceparent", TRACEPARENT),
        ("tracestate", "ot=th:c;rv:ff000000000000"),
    ];
    let proxies = TrustedProxies::cidrs(["203.0.113.0/24"]).unwrap();
    for builder in [
        own_sampling().trusted_proxies(proxies),
        TraceObserver::server().trust(TraceTrust::Continue),
    ] {
        let (spans, sent) = serve(builder, &headers);
        assert_eq!(spans[0].trace_state.as_str(), "ot=th:c;rv:ff000000000000");
        assert_eq!(sent["tracestate"], "ot=th:c;rv:ff000000000000");
    }
}

#[test]
fn sampling_state_of_a_linked_span_is_not_that_of_the_new_trace() {
    let builder = TraceObserver::server().trust(TraceTrust::NewTrace);
    let headers = [("traceparent", TRACEPARENT), ("tracestate", "ot=th:c")];
    let (spans, sent) = serve(builder, &headers);
    assert_eq!(spans[0].trace_state.as_str(), "");
    assert!(!sent.contains_key("tracestate"));
}

/// Records the trace ids that it sees.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<TraceId>>>);

impl Sampler for Seen {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        assert!(parameters.parent.is_none());
        self.0.lock().unwrap().push(parameters.trace_id);
        SamplingDecision::RecordAndSample
    }
}

#[test]
fn untrusted_client_does_not_choose_the_trace_id_that_is_sampled() {
    let seen = Seen::default();
    for _ in 0..2 {
        let builder = own_sampling().sampler(seen.clone());
        let (spans, _) = serve(builder, &[("traceparent", TRACEPARENT)]);
        assert_eq!(spans[0].trace_id[..2], [0x12, 0x34], "the trace goes on");
    }
    let seen = seen.0.lock().unwrap();
    assert_ne!(seen[0], seen[1]);
    assert!(seen.iter().all(|id| id.to_string() != TRACE));
}

#[test]
fn trace_id_that_every_ratio_samples_is_not_always_sampled() {
    // The last seven bytes decide.
    let parent = "00-123456789012345678ffffffffffffff-1234567890123456-01";
    let sampled = (0..64).filter(|_| {
        let builder = own_sampling().sampler(TraceIdRatio::new(1.0 / 1024.0));
        !serve(builder, &[("traceparent", parent)]).0.is_empty()
    });
    assert!(sampled.count() < 32);
}

#[cfg(feature = "b3")]
#[test]
fn debug_flag_of_an_untrusted_client_is_not_sent() {
    let b3 = format!("{TRACE}-1234567890123456-d");
    let propagators = || Propagators::parse("b3").unwrap();
    let sent = |builder: TraceObserverBuilder| {
        let (_, sent) = serve(builder.propagators(propagators()), &[("b3", &b3)]);
        sent["b3"].to_str().unwrap().as_bytes()[50]
    };
    assert_eq!(sent(own_sampling()), b'1');
    assert_eq!(sent(TraceObserver::server()), b'd');
}
