//! The endpoint, without an async runtime.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::io::Read as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};

use bytes::Bytes;
use gusset_http::{Endpoint as _, RequestHead};
use gusset_prometheus::{PrometheusExporter, Resource, ScrapeEndpoint};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY,
};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::BodyExt as _;
use metrics::{counter, histogram, with_local_recorder};
use proptest::prelude::*;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

fn prometheus() -> PrometheusExporter {
    let resource = Resource::new().with("service.name", "test");
    let prometheus = PrometheusExporter::builder()
        .resource(resource)
        .build()
        .unwrap();
    with_local_recorder(&prometheus.recorder(), || {
        counter!("hits").increment(1);
        histogram!("waits").record(1);
    });
    prometheus
}

/// Polls a future on this thread until it is ready.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

fn scrape(endpoint: &ScrapeEndpoint, request: &Request<()>) -> Response<Bytes> {
    let (parts, body) = block_on(endpoint.answer(RequestHead::from(request))).into_parts();
    let Ok(body) = block_on(body.collect());
    Response::from_parts(parts, body.to_bytes())
}

fn request(method: Method, encoding: Option<&'static str>) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method;
    if let Some(encoding) = encoding {
        let encoding = HeaderValue::from_static(encoding);
        request.headers_mut().insert(ACCEPT_ENCODING, encoding);
    }
    request
}

#[test]
fn scrape_returns_the_rendered_text() {
    let endpoint = prometheus().endpoint();
    let response = scrape(&endpoint, &request(Method::GET, None));
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[CONTENT_TYPE], TEXT);
    assert_eq!(response.headers()[VARY], "accept, accept-encoding");
    assert_eq!(
        response.headers()[CONTENT_LENGTH],
        response.body().len().to_string()
    );
    assert!(!response.headers().contains_key(CONTENT_ENCODING));
    assert_eq!(response.body(), endpoint.render().as_bytes());
}

#[test]
fn compressed_response_is_the_same_text() {
    let endpoint = prometheus().endpoint();
    let response = scrape(&endpoint, &request(Method::GET, Some("gzip")));
    assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
    assert_eq!(response.headers()[VARY], "accept, accept-encoding");
    assert_eq!(
        response.headers()[CONTENT_LENGTH],
        response.body().len().to_string()
    );
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&**response.body());
    decoder.read_to_string(&mut text).unwrap();
    assert_eq!(text, endpoint.render());
}

#[cfg(feature = "protobuf")]
#[test]
fn protobuf_is_returned_if_preferred() {
    let endpoint = prometheus().endpoint();
    // Prometheus 3 with `scrape_native_histograms`.
    let accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;\
                  encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1";
    let mut request = request(Method::GET, Some("gzip"));
    let accept = HeaderValue::from_static(accept);
    request.headers_mut().insert(ACCEPT, accept);
    let response = scrape(&endpoint, &request);
    assert_eq!(
        response.headers()[CONTENT_TYPE],
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
    );
    let mut page = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(&**response.body());
    decoder.read_to_end(&mut page).unwrap();
    assert_eq!(page, endpoint.render_protobuf());
    // The first family: its length, and the field 1 with its name.
    let name = b"hits_total";
    assert_eq!(page[1..3], [0x0a, name.len() as u8]);
    assert_eq!(page[3..][..name.len()], *name);
}

#[test]
fn response_is_uncompressed_without_gzip() {
    let endpoint = prometheus().endpoint();
    let response = scrape(&endpoint, &request(Method::GET, Some("gzip;q=0, *")));
    assert!(!response.headers().contains_key(CONTENT_ENCODING));
    assert_eq!(response.body(), endpoint.render().as_bytes());
}

#[test]
fn head_returns_the_headers_of_get() {
    let endpoint = prometheus().endpoint();
    for encoding in [None, Some("gzip")] {
        let get = scrape(&endpoint, &request(Method::GET, encoding));
        let head = scrape(&endpoint, &request(Method::HEAD, encoding));
        assert_eq!(head.status(), get.status());
        assert_eq!(head.headers(), get.headers());
        assert!(head.body().is_empty() && !get.body().is_empty());
    }
}

#[test]
fn other_methods_are_not_allowed() {
    let endpoint = prometheus().endpoint();
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let response = scrape(&endpoint, &request(method, None));
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()[ALLOW], "GET, HEAD");
        assert!(response.body().is_empty());
    }
}

#[test]
fn any_accept_header_is_answered() {
    let endpoint = prometheus().endpoint();
    for accept in [
        "",
        "*/*;q=0",
        "application/openmetrics-text; version=0.0.1",
        "application/openmetrics-text; version=1.0.0; q=0",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily",
        "text/plain;version=0.0.4;q=0",
        ";;;=,",
    ] {
        let mut request = request(Method::GET, None);
        request
            .headers_mut()
            .insert(ACCEPT, HeaderValue::from_static(accept));
        let response = scrape(&endpoint, &request);
        assert_eq!(response.status(), 200, "{accept}");
        assert_eq!(response.headers()[CONTENT_TYPE], TEXT, "{accept}");
    }
}

#[test]
fn open_metrics_is_returned_if_accepted() {
    let endpoint = prometheus().endpoint();
    let accept = HeaderValue::from_static(
        "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    );
    for encoding in [None, Some("gzip")] {
        let mut request = request(Method::GET, encoding);
        request.headers_mut().insert(ACCEPT, accept.clone());
        let response = scrape(&endpoint, &request);
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        );
        assert_eq!(response.headers()[VARY], "accept, accept-encoding");
        let mut text = String::new();
        match encoding {
            None => text.push_str(std::str::from_utf8(response.body()).unwrap()),
            Some(_) => {
                let mut decoder = flate2::read::GzDecoder::new(&**response.body());
                decoder.read_to_string(&mut text).unwrap();
            }
        }
        assert_eq!(text, endpoint.render_open_metrics());
    }
}

#[test]
fn concurrent_scrapes_return_the_same() {
    let endpoint = prometheus().endpoint();
    let expected = endpoint.render();
    thread::scope(|scope| {
        for i in 0..16 {
            let (endpoint, expected) = (&endpoint, expected.as_bytes());
            scope.spawn(move || {
                for _ in 0..20 {
                    let encoding = (i % 2 == 0).then_some("gzip");
                    let response = scrape(endpoint, &request(Method::GET, encoding));
                    if encoding.is_none() {
                        assert_eq!(response.body(), expected);
                    }
                    assert_eq!(response.status(), 200);
                }
            });
        }
    });
}

#[test]
fn response_has_everything_recorded_before_it() {
    let prometheus = prometheus();
    let endpoint = prometheus.endpoint();
    let hits = with_local_recorder(&prometheus.recorder(), || counter!("hits"));
    for i in 2..200 {
        hits.increment(1);
        let response = scrape(&endpoint, &request(Method::GET, None));
        let text = std::str::from_utf8(response.body()).unwrap();
        assert!(text.contains(&format!("hits_total {i}\n")));
    }
}

#[test]
fn pending_scrape_outlives_the_exporter() {
    let prometheus = prometheus();
    let response = prometheus
        .endpoint()
        .answer(RequestHead::from(&request(Method::GET, None)));
    drop(prometheus);
    assert_eq!(block_on(response).status(), 200);
}

proptest! {
    // The path of the failures file is derived from `lib.rs`, which proptest does not find here.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_header_is_answered(accept: Vec<u8>, encoding: Vec<u8>) {
        let endpoint = PrometheusExporter::builder().resource(Resource::new()).build().unwrap().endpoint();
        let mut request = request(Method::GET, None);
        for (name, bytes) in [(ACCEPT, accept), (ACCEPT_ENCODING, encoding)] {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                request.headers_mut().insert(name, value);
            }
        }
        prop_assert_eq!(scrape(&endpoint, &request).status(), 200);
    }
}
