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
        assert_eq!(span.links[0].trace_id[0], 0x12);
    }
}

#[test]
fn context_of_a_trusted_proxy_is_continued() {
    let hops = TrustedProxies::hops(NonZeroUsize::new(2).unwrap());
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
