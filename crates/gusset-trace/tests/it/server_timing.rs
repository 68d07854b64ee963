//! The `Server-Timing` header.

use gusset_core::ObserveLayer;
use gusset_http::Http;
use gusset_trace::{ServerTimingLayer, TraceObserver};
use http::Request;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::service::{TRACE, VALID};
use crate::support::*;

#[test]
fn span_is_added_with_its_flags() {
    let mut values = Vec::new();
    let spans = SpanRecorder::during(|_| {
        let handler = Respond(|_: Request<()>| {
            let mut res = hello();
            let cache = "cache;dur=2".parse().unwrap();
            res.headers_mut().insert("server-timing", cache);
            res
        });
        let observe = ObserveLayer::<Http, _>::new(built(TraceObserver::server()));
        let mut service = observe.layer(ServerTimingLayer::new().layer(handler));
        let unsampled = format!("{}02", &VALID[..53]);
        let req = Request::get("/").header("traceparent", unsampled);
        let Ok(res) = now(service.call(req.body(()).unwrap()));
        let headers = res.headers().get_all("server-timing").iter();
        values.extend(headers.map(|value| value.to_str().unwrap().to_owned()));
        drain(res.into_body());
    });
    let span = &spans[0].fields["span_id"];
    let trace = format!("trace;desc=00-{TRACE}-{span}-02");
    assert_eq!(values, ["cache;dur=2", &trace]);
}

#[test]
fn header_is_absent_outside_of_calls() {
    let mut service = ServerTimingLayer::new().layer(Respond(|_: Request<()>| hello()));
    let Ok(res) = now(service.call(Request::new(())));
    assert!(res.headers().is_empty());
}

#[test]
fn option_adds_it_to_pages_only() {
    let mut added = Vec::new();
    let spans = SpanRecorder::during(|_| {
        for kind in ["text/html; charset=utf-8", "Text/HTML", "text/plain", ""] {
            let handler = Respond(move |_: Request<()>| {
                let mut res = hello();
                let kind = kind.parse().unwrap();
                res.headers_mut().insert("content-type", kind);
                res
            });
            let observe = ObserveLayer::<Http, _>::new(built(TraceObserver::server()));
            let mut service = observe.layer(ServerTimingLayer::new().html_only().layer(handler));
            let Ok(res) = now(service.call(Request::new(())));
            added.push(res.headers().contains_key("server-timing"));
            drain(res.into_body());
        }
    });
    assert_eq!(spans.len(), 4);
    assert_eq!(added, [true, true, false, false]);
}
