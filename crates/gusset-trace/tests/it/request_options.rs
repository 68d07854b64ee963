//! The options of requests, shared with other signals or set by the builder.

use std::sync::Arc;

use gusset_core::Env;
use gusset_http::{
    HttpClientClassifier, HttpServerClassifier, KnownMethods, PeerAddr, QueryRedaction,
    RequestOptions, TrustedProxies,
};
use gusset_trace::{TraceObserver, TraceObserverBuilder};
use http::{Request, header};

use crate::support::*;

/// Returns a server's request with everything that the options concern.
fn request() -> Request<()> {
    let mut req = Request::builder()
        .method("BREW")
        .uri("/pots?token=1&size=2")
        .header(header::USER_AGENT, "kettle/1")
        .header("x-forwarded-for", "192.0.2.7")
        .body(())
        .unwrap();
    let peer = PeerAddr(([10, 0, 0, 1], 4711).into());
    req.extensions_mut().insert(peer);
    req
}

fn span(trace: TraceObserver, req: Request<()>) -> RecordedSpan {
    let mut spans = SpanRecorder::during(|_| {
        exchange::<HttpServerClassifier, _>(trace, req, |_| hello());
    });
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

fn server(options: &Arc<RequestOptions>) -> TraceObserverBuilder {
    TraceObserver::server().request_options(options.clone())
}

#[test]
fn shared_options_apply_to_spans() {
    let options = RequestOptions::default()
        .with_known_methods(KnownMethods::new(["BREW"]).unwrap())
        .with_https(true)
        .with_trusted_proxies(TrustedProxies::cidrs(["10.0.0.0/8"]).unwrap())
        .with_query(QueryRedaction::default())
        .with_user_agent(true);
    let span = span(built(server(&Arc::new(options))), request());
    span.has(&[
        ("otel.name", "BREW"),
        ("url.scheme", "https"),
        ("client.address", "192.0.2.7"),
        ("url.query", "token=REDACTED&size=2"),
        ("user_agent.original", "kettle/1"),
    ]);
}

#[test]
fn default_options_record_no_personal_data() {
    let span = span(built(server(&Arc::default())), request());
    span.has(&[("otel.name", "HTTP"), ("url.scheme", "http")]);
    span.lacks(&["client.address", "url.query", "user_agent.original"]);
}

#[test]
fn setters_change_a_copy_of_shared_options() {
    let options = Arc::<RequestOptions>::default();
    let builder = server(&options)
        .https()
        .user_agent()
        .query()
        .redact("token")
        .trusted_proxies(TrustedProxies::cidrs(["10.0.0.0/8"]).unwrap())
        .known_methods(KnownMethods::new(["BREW"]).unwrap());
    span(built(builder), request()).has(&[
        ("otel.name", "BREW"),
        ("url.scheme", "https"),
        ("client.address", "192.0.2.7"),
        ("url.query", "token=REDACTED&size=2"),
        ("user_agent.original", "kettle/1"),
    ]);
    assert!(!options.https());
    assert_eq!(options.user_agent(), None);
    assert!(options.query().is_none() && options.trusted_proxies().is_none());
    assert_eq!(options.known_methods().index("BREW"), 0);
}

#[test]
fn secret_keys_are_added_to_shared_ones() {
    let mut redaction = QueryRedaction::default();
    redaction.add("size");
    let options = Arc::new(RequestOptions::default().with_query(redaction));
    let span = span(built(server(&options).redact("token")), request());
    span.has(&[("url.query", "token=REDACTED&size=REDACTED")]);
}

#[test]
fn environment_sets_methods_without_shared_options() {
    let lookup = |name: &str| (name == KnownMethods::ENV).then(|| "BREW".to_owned());
    let name = |builder: TraceObserverBuilder| {
        let trace = builder.build_in(Env::from_fn(&lookup)).unwrap();
        span(trace, request()).fields["otel.name"].clone()
    };
    assert_eq!(name(TraceObserver::server()), "BREW");
    assert_eq!(name(TraceObserver::server().https()), "BREW");
    assert_eq!(name(server(&Arc::default())), "HTTP");
    let methods = TraceObserver::server().known_methods(KnownMethods::default());
    assert_eq!(name(methods), "HTTP");
}

#[test]
fn client_without_authority_sends_to_its_host_header() {
    let span = |host: &str| {
        let req = Request::get("/items")
            .header("host", host)
            .body(())
            .unwrap();
        let mut spans = SpanRecorder::during(|_| {
            let trace = built(TraceObserver::client());
            exchange::<HttpClientClassifier, _>(trace, req, |_| hello());
        });
        spans.remove(0)
    };
    span("shop.example").has(&[("server.address", "shop.example"), ("server.port", "80")]);
    span("[2001:db8::1]:8080").has(&[("server.address", "2001:db8::1"), ("server.port", "8080")]);
    span(":80").lacks(&["server.address", "server.port"]);
}
