//! The trust in received trace contexts.

use std::num::NonZeroUsize;

use gusset_data::SpanData;
use gusset_http::{HttpServerClassifier, PeerAddr, TrustedProxies};
use gusset_trace::sampler::{AlwaysOff, ParentBased};
use gusset_trace::{TraceObserver, TraceObserverBuilder, TraceTrust, current_baggage};
use http::Request;

use crate::exported::*;
use crate::support::*;

const PARENT: &str = "1234567890123456";
const TRACE: &str = "12345678901234567890123456789012";

fn export(builder: TraceObserverBuilder, peer: &str, flags: &str, baggage: bool) -> Vec<SpanData> {
    let spans = Spans::default();
    let req = Request::get("/").header("traceparent", format!("00-{TRACE}-{PARENT}-{flags}"));
    let req = req.header("tracestate", "ot=th:0,vendor=x");
    let req = req.header("x-forwarded-for", "198.51.100.1, 192.0.2.1");
    let mut req = req.header("baggage", "a=b").body(()).unwrap();
    let peer = PeerAddr(format!("{peer}:80").parse().unwrap());
    req.extensions_mut().insert(peer);
    let observer = built(builder.sink(spans.clone()));
    during::<HttpServerClassifier, _>(observer, req, || {
        assert_eq!(!current_baggage().is_empty(), baggage);
    });
    spans.take()
}

fn trace(span: &SpanData) -> String {
    span.trace_id
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn range() -> TrustedProxies {
    TrustedProxies::cidrs(["10.0.0.0/8"]).unwrap()
}

#[test]
fn context_of_an_untrusted_client_is_linked() {
    for flags in ["00", "01"] {
        let builder = TraceObserver::server()
            .trust(TraceTrust::NewTrace)
            .trusted_proxies(range());
        let spans = export(builder, "203.0.113.9", flags, false);
        let span = &spans[0];
        assert_ne!(trace(span), TRACE);
        assert_eq!((span.parent_span_id, span.links.len()), (None, 1));
        assert_eq!(span.trace_state.as_str(), "");
        let link = &span.links[0];
        assert_eq!((link.trace_id[0], link.span_id[0]), (0x12, 0x12));
        assert_eq!(link.trace_state.as_str(), "ot=th:0,vendor=x");
    }
}

#[test]
fn context_of_a_trusted_proxy_is_continued() {
    let hops = TrustedProxies::hops(NonZeroUsize::new(2).unwrap());
    // Two entries are in the header.
    for (proxies, peer) in [(range(), "10.1.2.3"), (hops, "203.0.113.9")] {
        let builder = TraceObserver::server()
            .trust(TraceTrust::NewTrace)
            .trusted_proxies(proxies);
        let spans = export(builder, peer, "01", true);
        assert_eq!(trace(&spans[0]), TRACE);
        assert!(spans[0].links.is_empty() && spans[0].parent_is_remote);
    }
}

#[test]
fn client_does_not_decide_on_own_sampling() {
    let builder = || TraceObserver::server().trust(TraceTrust::OwnSampling);
    let spans = export(builder(), "203.0.113.9", "00", true);
    assert_eq!(
        (trace(&spans[0]), spans[0].flags & 1),
        (TRACE.to_owned(), 1)
    );
    let off = builder().sampler(ParentBased::new(AlwaysOff));
    assert!(export(off, "203.0.113.9", "01", true).is_empty());
}

#[test]
fn context_is_continued_by_default() {
    let spans = export(TraceObserver::server(), "203.0.113.9", "01", true);
    assert_eq!(trace(&spans[0]), TRACE);
    assert!(export(TraceObserver::server(), "203.0.113.9", "00", true).is_empty());
}

#[test]
fn request_with_too_few_proxies_is_not_trusted() {
    let hops = TrustedProxies::hops(NonZeroUsize::new(3).unwrap());
    let builder = TraceObserver::server()
        .trust(TraceTrust::NewTrace)
        .trusted_proxies(hops);
    let spans = export(builder, "10.1.2.3", "01", false);
    assert_ne!(trace(&spans[0]), TRACE);
}

#[test]
fn linked_trace_state_is_bounded() {
    let spans = Spans::default();
    let state = (0..30).map(|at| format!("k{at:02}={}", "x".repeat(60)));
    let req = Request::get("/")
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
        .header("tracestate", state.collect::<Vec<_>>().join(","));
    let observer = built(
        TraceObserver::server()
            .trust(TraceTrust::NewTrace)
            .sink(spans.clone()),
    );
    during::<HttpServerClassifier, _>(observer, req.body(()).unwrap(), || {});
    let spans = spans.take();
    let state = &spans[0].links[0].trace_state;
    // Seven members of 64 bytes, with their commas.
    assert_eq!((state.len(), state.matches(',').count()), (454, 6));
    assert!(state.starts_with("k00=") && state.ends_with('x'));
}

/// Serves a request with these `traceparent` headers.
fn with_traceparents(observer: &TraceObserver, spans: &Spans, parents: &[&str]) -> SpanData {
    let mut req = Request::get("/");
    for parent in parents {
        req = req.header("traceparent", *parent);
    }
    let req = req.body(()).unwrap();
    during::<HttpServerClassifier, _>(observer.clone(), req, || {});
    spans.take().remove(0)
}

const CALLER: &str = "00-12345678901234567890123456789012-1234567890123456-01";
const AGENT: &str = "00-12345678901234567890123456789012-6543210987654321-01";
const OTHER: &str = "00-99999999999999999999999999999999-6543210987654321-01";

#[test]
fn repeated_traceparent_is_counted_and_warned_of() {
    let spans = Spans::default();
    let observer = built(TraceObserver::server().sink(spans.clone()));
    SpanRecorder::during(|log| {
        for (count, parents) in (1..).zip([[CALLER, AGENT], [CALLER, CALLER], [CALLER, OTHER]]) {
            let span = with_traceparents(&observer, &spans, &parents);
            assert_ne!(trace(&span), TRACE);
            assert_eq!(span.parent_span_id, None);
            assert_eq!(observer.repeated_traceparents(), count);
        }
        let span = with_traceparents(&observer, &spans, &[CALLER]);
        assert_eq!(trace(&span), TRACE);
        assert_eq!(observer.repeated_traceparents(), 3);
        let warnings = log.events().into_iter();
        let warnings = warnings.filter(|text| text.contains("several `traceparent` headers"));
        assert_eq!(warnings.count(), 1);
    });
}

#[test]
fn repeated_traceparent_is_accepted_by_option_if_trace_ids_agree() {
    let spans = Spans::default();
    let builder = TraceObserver::server().accept_repeated_traceparent();
    let observer = built(builder.sink(spans.clone()));
    let span = with_traceparents(&observer, &spans, &[CALLER, AGENT]);
    assert_eq!(trace(&span), TRACE);
    assert_eq!(
        span.parent_span_id.map(|id| id[0]),
        Some(0x65),
        "the last one"
    );
    for parents in [
        &[CALLER, OTHER][..],
        &[OTHER, CALLER],
        &[CALLER, "00-x"],
        &["", AGENT],
    ] {
        let span = with_traceparents(&observer, &spans, parents);
        assert_eq!(span.parent_span_id, None, "{parents:?}");
    }
    assert_eq!(observer.repeated_traceparents(), 5);
}

#[test]
fn repeated_traceparent_is_not_trusted_more_than_one() {
    let spans = Spans::default();
    let builder = TraceObserver::server()
        .accept_repeated_traceparent()
        .trust(TraceTrust::NewTrace);
    let observer = built(builder.sink(spans.clone()));
    let span = with_traceparents(&observer, &spans, &[CALLER, AGENT]);
    assert_ne!(trace(&span), TRACE);
    assert_eq!(span.links.len(), 1);
}
