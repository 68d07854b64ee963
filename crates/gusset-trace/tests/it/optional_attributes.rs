//! Attributes and headers that are recorded on request.

use gusset_data::Value;
use gusset_http::{HttpServerClassifier, PeerAddr};
use gusset_trace::{TraceObserver, TraceObserverBuilder};
use http::{HeaderName, header};

use crate::exported::*;
use crate::support::*;

#[test]
fn recorded_headers_are_string_arrays() {
    let spans = Spans::default();
    let trace = TraceObserver::server()
        .sink(spans.clone())
        .request_header(header::ACCEPT_LANGUAGE)
        .request_header(HeaderName::from_static("x-absent"))
        .response_header(header::SERVER)
        .secret_response_header(header::SET_COOKIE);
    let mut req = get("/");
    for value in ["de", "en"] {
        let value = value.parse().unwrap();
        req.headers_mut().append(header::ACCEPT_LANGUAGE, value);
    }
    exchange::<HttpServerClassifier, _>(built(trace), req, |_| {
        let mut res = hello();
        res.headers_mut()
            .insert(header::SERVER, "x".repeat(999).parse().unwrap());
        let mut secret = http::HeaderValue::from_static("5ecret");
        secret.set_sensitive(true);
        res.headers_mut().insert(header::SET_COOKIE, secret);
        res
    });
    let span = spans.only();
    let languages = Value::StringArray(["de".into(), "en".into()].into());
    let expected = ("http.request.header.accept-language".into(), languages);
    assert!(span.attributes.contains(&expected), "{span:#?}");
    let server = attribute(&span, "http.response.header.server").unwrap();
    assert_eq!(server.len(), 256);
    lacks(
        &span,
        &[
            "http.request.header.x-absent",
            "http.response.header.set-cookie",
        ],
    );
}

#[test]
fn secret_headers_need_the_secret_setters() {
    for name in [
        header::AUTHORIZATION,
        header::COOKIE,
        header::PROXY_AUTHORIZATION,
    ] {
        let error = TraceObserver::server()
            .request_header(name.clone())
            .build_with(|_| None)
            .unwrap_err();
        assert_eq!(error.setting(), "request_header");
        assert!(
            TraceObserver::server()
                .secret_request_header(name)
                .build_with(|_| None)
                .is_ok()
        );
    }
    let error = TraceObserver::client()
        .response_header(header::SET_COOKIE)
        .build_with(|_| None)
        .unwrap_err();
    assert_eq!(error.setting(), "response_header");
}

#[test]
fn peer_address_is_opt_in() {
    let spans = Spans::default();
    let call = |trace: TraceObserverBuilder| {
        let mut req = get("/");
        req.extensions_mut()
            .insert(PeerAddr(([192, 0, 2, 7], 4711).into()));
        exchange::<HttpServerClassifier, _>(built(trace.sink(spans.clone())), req, |_| hello());
        spans.only()
    };
    has(
        &call(TraceObserver::server().peer_address()),
        &[
            ("network.peer.address", "192.0.2.7"),
            ("network.peer.port", "4711"),
        ],
    );
    lacks(
        &call(TraceObserver::server()),
        &["network.peer.address", "client.address"],
    );
}

#[test]
fn sink_without_capacity_receives_no_spans() {
    struct Off;
    impl gusset_data::SpanSink for Off {
        fn export(&self, _: gusset_data::SpanData) {
            panic!("the sink has no capacity");
        }
        fn has_capacity(&self) -> bool {
            false
        }
    }
    exchange::<HttpServerClassifier, _>(built(TraceObserver::server().sink(Off)), get("/"), |_| {
        hello()
    });
}
