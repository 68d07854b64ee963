//! Secrets of clients are not recorded.

use std::sync::Arc;

use gusset_core::ObserveLayer;
use gusset_http::{
    GrpcServerClassifier, Http, HttpClientClassifier, HttpServerClassifier, QueryRedaction,
    RequestOptions,
};
use gusset_testkit::ScriptedBody;
use gusset_trace::{TraceObserver, TraceObserverBuilder};
use http::{HeaderName, HeaderValue, Request, Response, header};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::exported::{Spans, attribute, built_with, tower_service_fn};
use crate::service::VALID;
use crate::support::*;

const SECRET: &str = "5ecret";

/// Returns a request with a secret in every possible place.
fn request_with_secrets() -> Request<()> {
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

/// Returns a request as a server receives it, with the host only in a header.
fn server_request() -> Request<()> {
    let mut req = request_with_secrets();
    let uri = format!("/items?token={SECRET}&sig={SECRET}");
    *req.uri_mut() = uri.parse().unwrap();
    req
}

#[track_caller]
fn assert_no_secrets(spans: &[RecordedSpan], events: &[String], exported: &Spans) {
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

fn exchanges(server: impl Fn() -> TraceObserverBuilder, client: impl Fn() -> TraceObserverBuilder) {
    let respond = |_: Request<()>| {
        let mut res: Response<_> = with_status(500);
        let value = HeaderValue::try_from(SECRET).unwrap();
        res.headers_mut().insert(header::SET_COOKIE, value.clone());
        res.headers_mut().insert(header::LOCATION, value);
        res
    };
    let exported = Spans::default();
    let dup = |builder: TraceObserverBuilder| {
        let builder = builder.sink(exported.clone());
        built_with(builder, "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs/dup")
    };
    for req in [request_with_secrets, server_request] {
        let mut events = Vec::new();
        let spans = SpanRecorder::during(|recorder| {
            exchange::<HttpServerClassifier, _>(dup(server()), req(), respond);
            events = recorder.events();
        });
        assert_no_secrets(&spans, &events, &exported);
        let spans = SpanRecorder::during(|recorder| {
            exchange::<HttpClientClassifier, _>(dup(client()), req(), respond);
            events = recorder.events();
        });
        assert_no_secrets(&spans, &events, &exported);
        let spans = SpanRecorder::during(|recorder| {
            fails(dup(server()), req());
            events = recorder.events();
        });
        assert_eq!(events.len(), 1, "one exception event");
        assert_no_secrets(&spans, &events, &exported);
    }
}

/// Makes a call that fails with a secret in the text of the error.
fn fails(trace: TraceObserver, req: Request<()>) {
    let layer = ObserveLayer::<Http, _>::new(trace);
    let mut service = layer.layer(tower_service_fn(|_: Request<()>| {
        let error = std::io::Error::other(SECRET);
        std::future::ready(Err::<Response<ScriptedBody>, _>(error))
    }));
    assert!(now(service.call(req)).is_err());
}

#[test]
fn recorded_headers_reveal_no_others() {
    exchanges(
        || {
            TraceObserver::server()
                .request_header(header::ACCEPT)
                .response_header(header::SERVER)
        },
        || {
            TraceObserver::client()
                .request_header(header::ACCEPT)
                .response_header(header::SERVER)
        },
    );
}

#[test]
fn no_secrets_by_default() {
    exchanges(TraceObserver::server, TraceObserver::client);
}

#[test]
fn no_secrets_in_a_recorded_query() {
    exchanges(
        || TraceObserver::server().query().redact("token"),
        || TraceObserver::client().query().redact("token"),
    );
}

#[test]
fn recorded_query_is_redacted() {
    let spans = SpanRecorder::during(|_| {
        let trace = built(TraceObserver::server().query().redact("token"));
        exchange::<HttpServerClassifier, _>(trace, server_request(), |_| hello());
    });
    spans[0].has(&[("url.query", "token=REDACTED&sig=REDACTED")]);
}

#[test]
fn long_texts_are_truncated() {
    let long = "x".repeat(5000);
    let spans = SpanRecorder::during(|_| {
        let req = Request::builder()
            .method(&*long)
            .uri(format!("/{long}?{long}={long}"))
            .header("host", &long)
            .header("user-agent", &long)
            .body(())
            .unwrap();
        let server = built(TraceObserver::server().query().user_agent());
        exchange::<HttpServerClassifier, _>(server, req.clone(), |_| hello());
        let client = built(TraceObserver::client().query().user_agent());
        exchange::<HttpClientClassifier, _>(client, req, |_| hello());
    });
    assert_eq!(spans.len(), 2);
    for (name, value) in spans.iter().flat_map(|span| &span.fields) {
        assert!(value.len() <= 2500, "{name} has {} bytes", value.len());
    }
    assert_eq!(spans[0].fields["url.path"].len(), 1024);
}

#[test]
fn texts_of_requests_are_redacted() {
    let exported = Spans::default();
    let options = RequestOptions::default()
        .with_user_agent(true)
        .with_query(QueryRedaction::default());
    let options = Arc::new(options);
    let request = |uri: &str| {
        let req = Request::get(uri).header("user-agent", "curl Bearer hunter2");
        let req = req.header("referer", "https://me:hunter2@shop.example/");
        let req = req.header("x-api-key", "hunter2").header("x-region", "eu");
        req.body(()).unwrap()
    };
    let with = |builder: TraceObserverBuilder| {
        let builder = builder
            .request_options(options.clone())
            .sink(exported.clone());
        let builder = builder.request_header(header::REFERER);
        let builder = builder.request_header(HeaderName::from_static("x-api-key"));
        built(builder.request_header(HeaderName::from_static("x-region")))
    };
    let uri = "/fetch/https://me:hunter2@db.example/x?url=redis://me:hunter2@cache/0";
    exchange::<HttpServerClassifier, _>(with(TraceObserver::server()), request(uri), |_| hello());
    let uri = format!("http://shop.example{uri}");
    exchange::<HttpClientClassifier, _>(with(TraceObserver::client()), request(&uri), |_| hello());
    let uri = "/shop.Stock/https://me:hunter2@db.example";
    let grpc = with(TraceObserver::grpc_server());
    exchange::<GrpcServerClassifier, _>(grpc, request(uri), |_| with_status(404));
    let spans = exported.take();
    assert_eq!(spans.len(), 3);
    let text = format!("{spans:#?}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("https://REDACTED@db.example/x"), "{text}");
    let header = |name: &str| attribute(&spans[0], &format!("http.request.header.{name}"));
    assert_eq!(header("x-api-key").as_deref(), Some("REDACTED"));
    assert!(header("x-region").unwrap().contains("eu"));
}
