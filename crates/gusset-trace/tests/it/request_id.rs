//! Request ids: accepted or generated, returned to the client and propagated.

use gusset_core::ObserveLayer;
use gusset_http::{Http, RequestId, RequestIdLayer, current_request_id};
use gusset_trace::{ClientLayer, TraceObserver};
use http::{HeaderMap, HeaderName, Request, Response};
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::service::{Lines, headers};
use crate::support::*;

/// Returns the id that the service sees and the one in the response.
fn exchange_id(layer: &RequestIdLayer, name: &str, lines: Lines<'_>) -> (String, String) {
    let mut req = Request::new(());
    *req.headers_mut() = headers(lines);
    let mut seen = String::new();
    let mut service = layer.layer(Respond(|_: Request<()>| {
        seen = current_request_id().unwrap().to_string();
        Response::new(())
    }));
    let Ok(res) = now(service.call(req));
    assert!(current_request_id().is_none());
    let returned = res.headers()[name].to_str().unwrap().to_owned();
    (seen, returned)
}

fn request_id(lines: Lines<'_>) -> String {
    let (seen, returned) = exchange_id(&RequestIdLayer::new(), "x-request-id", lines);
    assert_eq!(seen, returned);
    seen
}

#[test]
fn id_is_in_the_extensions_on_demand() {
    let in_extensions = |layer: RequestIdLayer| {
        let mut found = None;
        let mut service = layer.layer(Respond(|req: Request<()>| {
            found = req.extensions().get::<RequestId>().cloned();
            assert!(found.is_none() || found == current_request_id());
            Response::new(())
        }));
        let Ok(_) = now(service.call(Request::new(())));
        found
    };
    assert_eq!(in_extensions(RequestIdLayer::new()), None);
    assert!(in_extensions(RequestIdLayer::new().in_extensions()).is_some());
}

#[test]
fn observers_elsewhere_read_the_id_of_the_extensions() {
    use gusset_http::{RequestAttributes, RequestHead, RequestOptions, Side};

    let mut kept = None;
    let layer = RequestIdLayer::new().in_extensions();
    let mut service = layer.layer(Respond(|req: Request<()>| {
        kept = Some((req, current_request_id()));
        Response::new(())
    }));
    let Ok(_) = now(service.call(Request::new(())));
    let (req, id) = kept.unwrap();
    // A buffer polls the request later, outside of the layer.
    assert!(current_request_id().is_none());
    let options = RequestOptions::default();
    let of = |side| RequestAttributes::new(RequestHead::from(&req), side, &options).request_id();
    assert_eq!(of(Side::Server), id);
    assert_eq!(of(Side::Client), None, "a client may forward a request");
}

#[test]
fn valid_id_is_accepted() {
    let long = "x".repeat(128);
    for id in ["7", "a-b_c.d~e:f+g/h=i@j", &long] {
        assert_eq!(request_id(&[("X-Request-Id", id)]), id);
    }
}

#[test]
fn invalid_id_is_replaced() {
    let long = "x".repeat(129);
    for id in ["", "a b", "a\"b", "a;b", "é", "<a>", "$(a)", &long] {
        assert_ne!(request_id(&[("x-request-id", id)]), id);
    }
    let twice = request_id(&[("x-request-id", "a"), ("x-request-id", "b")]);
    assert!(twice != "a" && twice != "b");
}

#[test]
fn generated_id_is_a_unique_uuid_v7() {
    let (one, other) = (request_id(&[]), request_id(&[]));
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
fn header_name_is_configurable() {
    let layer = RequestIdLayer::new().header(HeaderName::from_static("x-correlation-id"));
    let (seen, _) = exchange_id(&layer, "x-correlation-id", &[("X-Correlation-Id", "a")]);
    assert_eq!(seen, "a");
}

/// Returns the values of the header that the service receives.
fn received(layer: &RequestIdLayer, lines: Lines<'_>) -> (Vec<String>, String) {
    let mut req = Request::new(());
    *req.headers_mut() = headers(lines);
    let mut received = Vec::new();
    let mut service = layer.layer(Respond(|req: Request<()>| {
        let values = req.headers().get_all("x-request-id").iter();
        received = values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        Response::new(())
    }));
    let Ok(res) = now(service.call(req));
    let returned = res.headers()["x-request-id"].to_str().unwrap().to_owned();
    (received, returned)
}

#[test]
fn header_of_the_request_is_not_added() {
    let (received, returned) = received(&RequestIdLayer::new(), &[]);
    assert!(received.is_empty() && !returned.is_empty());
}

#[test]
fn header_of_the_request_has_no_other_id() {
    let layer = RequestIdLayer::new();
    for lines in [
        &[("x-request-id", "7")][..],
        &[("x-request-id", "a b")],
        &[("x-request-id", "a"), ("x-request-id", "b")],
    ] {
        let (received, returned) = received(&layer, lines);
        assert_eq!(received, [returned]);
    }
}

#[test]
fn new_id_is_in_the_request_header_on_demand() {
    let layer = RequestIdLayer::new().in_request_header();
    for lines in [&[][..], &[("x-request-id", "7")]] {
        let (received, returned) = received(&layer, lines);
        assert_eq!(received, [returned]);
    }
}

#[test]
fn id_set_by_the_handler_is_kept() {
    let mut service = RequestIdLayer::new().layer(Respond(|_: Request<()>| {
        let mut res = Response::new(());
        *res.headers_mut() = headers(&[("x-request-id", "own")]);
        res
    }));
    let Ok(res) = now(service.call(Request::new(())));
    assert_eq!(res.headers()["x-request-id"], "own");
}

#[test]
fn id_is_propagated_and_on_spans() {
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
        span.has(&[("request_id", "seven")]);
    }
}
