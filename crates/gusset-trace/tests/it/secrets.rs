//! What a caller keeps secret is in no span.

use gusset_core::ObserveLayer;
use gusset_http::{Http, HttpClientClassifier, HttpServerClassifier};
use gusset_testkit::ScriptedBody;
use gusset_trace::{Trace, TraceBuilder};
use http::{HeaderName, HeaderValue, Request, Response, header};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::exported::{Spans, built_with, tower_service_fn};
use crate::service::VALID;
use crate::support::*;

const SECRET: &str = "5ecret";

/// A request with a secret in each place that may hold one.
fn secretive() -> Request<()> {
    let uri = format!("https://{SECRET}:{SECRET}@shop.example/items?token={SECRET}&sig={SECRET}");
    let mut req = Request::post(uri).body(()).unwrap();
    for name in [
        header::AUTHORIZATION,
        header::COOKIE,
        header::PROXY_AUTHORIZATION,
        header::USER_AGENT,
        header::REFERER,
        header::FORWARDED,
        HeaderName::from_static("x-forwarded-for"),
        HeaderName::from_static("x-api-key"),
        HeaderName::from_static("x-5ecret"),
        HeaderName::from_static("baggage"),
        HeaderName::from_static("tracestate"),
    ] {
        let value = HeaderValue::try_from(format!("key={SECRET}")).unwrap();
        req.headers_mut().append(name, value);
    }
    let host = HeaderValue::try_from(format!("{SECRET}@shop.example")).unwrap();
    req.headers_mut().insert(header::HOST, host);
    let parent = HeaderValue::from_static(VALID);
    req.headers_mut().insert("traceparent", parent);
    req
}

/// A server's request names its host in a header alone.
fn of_a_server() -> Request<()> {
    let mut req = secretive();
    let uri = format!("/items?token={SECRET}&sig={SECRET}");
    *req.uri_mut() = uri.parse().unwrap();
    req
}

#[track_caller]
fn none_shows(spans: &[Kept], events: &[String], exported: &Spans) {
    assert_eq!(spans.len(), 1);
    for (name, value) in &spans[0].fields {
        assert!(!value.contains(SECRET), "{name}={value}");
    }
    let exported = exported.take();
    assert_eq!(exported.len(), 1);
    for text in events.iter().cloned().chain([format!("{exported:?}")]) {
        assert!(!text.contains(SECRET), "{text}");
    }
}

fn exchanges(server: impl Fn() -> TraceBuilder, client: impl Fn() -> TraceBuilder) {
    let answer = |_: Request<()>| {
        let mut res: Response<_> = with_status(500);
        let value = HeaderValue::try_from(SECRET).unwrap();
        res.headers_mut().insert(header::SET_COOKIE, value.clone());
        res.headers_mut().insert(header::LOCATION, value);
        res
    };
    let exported = Spans::default();
    let dup = |builder: TraceBuilder| {
        let builder = builder.export(exported.clone());
        built_with(builder, "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs/dup")
    };
    for req in [secretive, of_a_server] {
        let mut events = Vec::new();
        let spans = Keeper::during(|keeper| {
            exchange::<HttpServerClassifier, _>(dup(server()), req(), answer);
            events = keeper.events();
        });
        none_shows(&spans, &events, &exported);
        let spans = Keeper::during(|keeper| {
            exchange::<HttpClientClassifier, _>(dup(client()), req(), answer);
            events = keeper.events();
        });
        none_shows(&spans, &events, &exported);
        let spans = Keeper::during(|keeper| {
            fails(dup(server()), req());
            events = keeper.events();
        });
        assert_eq!(events.len(), 1, "an exception is told");
        none_shows(&spans, &events, &exported);
    }
}

/// A call of a service whose error's text is a secret too.
fn fails(trace: Trace, req: Request<()>) {
    let layer = ObserveLayer::<Http, _>::new(trace);
    let mut service = layer.layer(tower_service_fn(|_: Request<()>| {
        let error = std::io::Error::other(SECRET);
        std::future::ready(Err::<Response<ScriptedBody>, _>(error))
    }));
    assert!(now(service.call(req)).is_err());
}

#[test]
fn headers_that_are_asked_for_bring_no_others_with_them() {
    exchanges(
        || {
            Trace::server()
                .request_header(header::ACCEPT)
                .response_header(header::SERVER)
        },
        || {
            Trace::client()
                .request_header(header::ACCEPT)
                .response_header(header::SERVER)
        },
    );
}

#[test]
fn no_secret_is_in_a_span_by_default() {
    exchanges(Trace::server, Trace::client);
}

#[test]
fn no_secret_is_in_a_span_whose_query_was_asked_for() {
    exchanges(
        || Trace::server().query().redact("token"),
        || Trace::client().query().redact("token"),
    );
}

#[test]
fn a_query_that_was_asked_for_is_there_with_its_secrets_redacted() {
    let spans = Keeper::during(|_| {
        let trace = built(Trace::server().query().redact("token"));
        exchange::<HttpServerClassifier, _>(trace, of_a_server(), |_| hello());
    });
    spans[0].has(&[("url.query", "token=REDACTED&sig=REDACTED")]);
}

#[test]
fn no_text_on_a_span_is_longer_than_a_page() {
    let long = "x".repeat(5000);
    let spans = Keeper::during(|_| {
        let req = Request::builder()
            .method(&*long)
            .uri(format!("/{long}?{long}={long}"))
            .header("host", &long)
            .header("user-agent", &long)
            .body(())
            .unwrap();
        let server = built(Trace::server().query().user_agent());
        exchange::<HttpServerClassifier, _>(server, req.clone(), |_| hello());
        let client = built(Trace::client().query().user_agent());
        exchange::<HttpClientClassifier, _>(client, req, |_| hello());
    });
    assert_eq!(spans.len(), 2);
    for (name, value) in spans.iter().flat_map(|span| &span.fields) {
        assert!(value.len() <= 2500, "{name} has {} bytes", value.len());
    }
    assert_eq!(spans[0].fields["url.path"].len(), 1024);
}
