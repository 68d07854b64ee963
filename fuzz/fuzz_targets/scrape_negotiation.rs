//! The scrape endpoint: any request gets a page in a format and an encoding that it accepts.
#![no_main]

use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use gusset_fuzz::{call, headers};
use gusset_http::EndpointService;
use gusset_prometheus::{PrometheusExporter, ScrapeEndpoint};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Method, Request};
use http_body_util::BodyExt as _;
use libfuzzer_sys::fuzz_target;

static ENDPOINT: LazyLock<ScrapeEndpoint> = LazyLock::new(|| {
    let exporter = PrometheusExporter::builder().build();
    exporter.expect("the defaults are valid").endpoint()
});

fuzz_target!(|input: (bool, Vec<(u8, Vec<u8>)>)| {
    let (head, fields) = input;
    let mut request = Request::new(());
    *request.headers_mut() = headers(&["accept", "accept-encoding"], &fields);
    if head {
        *request.method_mut() = Method::HEAD;
    }
    let accepts = |name: HeaderName, text: &str| contains(request.headers(), name, text);
    let may_be_open_metrics = accepts(ACCEPT, "application/openmetrics-text");
    let may_be_gzip = accepts(ACCEPT_ENCODING, "gzip") || accepts(ACCEPT_ENCODING, "*");

    let response = call(&mut EndpointService::new(ENDPOINT.clone()), request);
    assert_eq!(response.status(), 200);
    let (parts, body) = response.into_parts();
    let body = futures_executor::block_on(body.collect())
        .expect("the body is in memory")
        .to_bytes();
    let is_open_metrics = match parts.headers[CONTENT_TYPE].as_bytes() {
        b"text/plain; version=0.0.4; charset=utf-8" => false,
        b"application/openmetrics-text; version=1.0.0; charset=utf-8" => true,
        other => panic!("{other:?}"),
    };
    assert!(!is_open_metrics || may_be_open_metrics);
    let encoding = parts.headers.get(CONTENT_ENCODING);
    assert!(encoding.is_none() || may_be_gzip);
    if head {
        assert!(body.is_empty());
        return;
    }
    if let Some(length) = parts.headers.get(CONTENT_LENGTH) {
        assert_eq!(length.to_str().expect("digits"), body.len().to_string());
    }
    let mut page = String::new();
    match encoding.map(|encoding| encoding.as_bytes()) {
        None => page.push_str(std::str::from_utf8(&body).expect("UTF-8")),
        Some(b"gzip") => {
            GzDecoder::new(&*body)
                .read_to_string(&mut page)
                .expect("gzip");
        }
        Some(other) => panic!("{other:?}"),
    }
    assert!(page.contains("target_info"));
    assert_eq!(page.ends_with("# EOF\n"), is_open_metrics);
});

fn contains(headers: &HeaderMap, name: HeaderName, text: &str) -> bool {
    headers.get_all(name).iter().any(|value| {
        let value = value.as_bytes().to_ascii_lowercase();
        value
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}
