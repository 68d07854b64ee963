//! Request ids: taken over if they are fit, else made; echoed and sent on.

use gusset_core::ObserveLayer;
use gusset_http::{Http, RequestId, RequestIdLayer, current_request_id};
use gusset_trace::{ClientLayer, TraceObserver};
use http::{HeaderMap, HeaderName, Request, Response};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::service::{Lines, headers};
use crate::support::*;

/// The id that the service sees in each place, and the one that is echoed.
fn exchange_id(layer: &RequestIdLayer, name: &str, lines: Lines<'_>) -> (String, String) {
    let mut req = Request::new(());
    *req.headers_mut() = headers(lines);
    let mut seen = String::new();
    let mut service = layer.layer(Respond(|req: Request<()>| {
        let values = req.headers().get_all(name);
        assert_eq!(values.iter().count(), 1);
        let value = req.headers()[name].to_str().unwrap();
        let extension = req.extensions().get::<RequestId>().unwrap();
        assert_eq!(extension.as_str(), value);
        assert_eq!(current_request_id().as_ref(), Some(extension));
        value.clone_into(&mut seen);
        Response::new(())
    }));
    let Ok(res) = now(service.call(req));
    assert!(current_request_id().is_none());
    let echoed = res.headers()[name].to_str().unwrap().to_owned();
    (seen, echoed)
}

fn of(lines: Lines<'_>) -> String {
    let (seen, echoed) = exchange_id(&RequestIdLayer::new(), "x-request-id", lines);
    assert_eq!(seen, echoed);
    seen
}

#[test]
fn an_id_that_is_fit_is_taken_over() {
    let long = "x".repeat(128);
    for id in ["7", "a-b_c.d~e:f+g/h=i@j", &long] {
        assert_eq!(of(&[("X-Request-Id", id)]), id);
    }
}

#[test]
fn an_id_that_is_not_fit_is_replaced() {
    let long = "x".repeat(129);
    for id in ["", "a b", "a\"b", "a;b", "é", "<a>", "$(a)", &long] {
        assert_ne!(of(&[("x-request-id", id)]), id);
    }
    let twice = of(&[("x-request-id", "a"), ("x-request-id", "b")]);
    assert!(twice != "a" && twice != "b");
}

#[test]
fn an_id_that_is_made_is_a_uuid_of_version_7_unlike_any_other() {
    let (one, other) = (of(&[]), of(&[]));
    assert_ne!(one, other);
    for id in [one, other] {
        let id = uuid::Uuid::parse_str(&id).unwrap();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        let (seconds, _) = id.get_timestamp().unwrap().to_unix();
        assert!(seconds > 1_700_000_000);
    }
}

#[test]
fn the_header_may_be_another() {
    let layer = RequestIdLayer::new().header(HeaderName::from_static("x-correlation-id"));
    let (seen, _) = exchange_id(&layer, "x-correlation-id", &[("X-Correlation-Id", "a")]);
    assert_eq!(seen, "a");
}

#[test]
fn an_id_that_the_handler_answers_with_stays() {
    let mut service = RequestIdLayer::new().layer(Respond(|_: Request<()>| {
        let mut res = Response::new(());
        *res.headers_mut() = headers(&[("x-request-id", "own")]);
        res
    }));
    let Ok(res) = now(service.call(Request::new(())));
    assert_eq!(res.headers()["x-request-id"], "own");
}

#[test]
fn a_client_sends_the_id_on_and_spans_bear_it() {
    let client = ClientLayer::new(built(TraceObserver::client())).unwrap();
    let mut sent = HeaderMap::new();
    let spans = SpanRecorder::during(|_| {
        let handler = Respond(|_: Request<()>| {
            let mut remote = client.layer(Respond(|req: Request<()>| {
                sent = req.headers().clone();
                hello()
            }));
            let Ok(res) = now(remote.call(Request::new(())));
            drain(res.into_body());
            hello()
        });
        let observed = ObserveLayer::<Http, _>::new(built(TraceObserver::server())).layer(handler);
        let mut req = Request::new(());
        *req.headers_mut() = headers(&[("x-request-id", "seven")]);
        let Ok(res) = now(RequestIdLayer::new().layer(observed).call(req));
        drain(res.into_body());
    });
    assert_eq!(sent["x-request-id"], "seven");
    assert_eq!(spans.len(), 2);
    for span in spans {
        span.has(&[("gusset.request_id", "seven")]);
    }
}
