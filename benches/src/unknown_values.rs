//! Calls of untrusted clients, each with a value that no earlier call had, when the series limit is reached.
//!
//! The baseline of each is the same request on the bare service, because creating a new path or method
//! costs something too.

use bytes::Bytes;
use gusset_http::Route;
use http::header::HOST;
use http::{HeaderValue, Method, Request, Uri};
use http_body::Body;
use http_body_util::Empty;
use tower_layer::Layer;
use tower_service::Service;

use crate::svc::{Hello, each};
use crate::{Scenario, WorkFactory, layers};

const TIMES: u64 = 2000;
/// Some more than the default cardinality limit.
const SERIES: u32 = 2100;

/// Creates the request with this number. Each number has a different request.
type MakeRequest = fn(u32) -> Request<Empty<Bytes>>;

/// Returns the scenarios of unknown values, each after its baseline.
pub fn scenarios() -> Vec<Scenario> {
    let bare = |name, make| Scenario {
        name,
        about: "nothing",
        baseline: None,
        times: TIMES,
        make,
    };
    let scenario = |name, baseline, about, make| Scenario {
        name,
        about,
        baseline: Some(baseline),
        times: TIMES,
        make,
    };
    vec![
        bare("unknown/path-bare", || bare_calls(path)),
        scenario(
            "unknown/path",
            "unknown/path-bare",
            "a new path, without a route",
            || server_calls(path),
        ),
        bare("unknown/method-bare", || bare_calls(method)),
        scenario(
            "unknown/method",
            "unknown/method-bare",
            "a new method",
            || server_calls(method),
        ),
        bare("unknown/host-bare", || bare_calls(host)),
        scenario(
            "unknown/host",
            "unknown/host-bare",
            "a new `Host` header",
            || server_calls(host),
        ),
        bare("unknown/route-bare", || bare_calls(route)),
        scenario(
            "unknown/route",
            "unknown/route-bare",
            "a new route: the service uses paths as routes",
            || server_calls(route),
        ),
        bare("unknown/peer-bare", || bare_calls(peer)),
        scenario(
            "unknown/peer",
            "unknown/peer-bare",
            "a new server, called by a client",
            || client_calls(peer),
        ),
    ]
}

fn bare_calls(make: MakeRequest) -> WorkFactory {
    Box::new(move || each(Hello, requests_from(make, SERIES)))
}

fn server_calls(make: MakeRequest) -> WorkFactory {
    calls(layers::metrics(), make, route)
}

fn client_calls(make: MakeRequest) -> WorkFactory {
    calls(layers::client_metrics(), make, peer)
}

/// Returns calls through a layer whose series limit is reached.
fn calls<L, B>(layer: L, make: MakeRequest, filling: MakeRequest) -> WorkFactory
where
    L: Layer<Hello> + Send + Sync + 'static,
    L::Service: Service<Request<Empty<Bytes>>, Response = http::Response<B>> + 'static,
    B: Body,
{
    let mut fill = each(layer.layer(Hello), requests_from(filling, 0));
    (0..SERIES).for_each(|_| fill());
    Box::new(move || each(layer.layer(Hello), requests_from(make, SERIES)))
}

/// Returns requests with numbers after `first`.
fn requests_from(make: MakeRequest, first: u32) -> impl FnMut() -> Request<Empty<Bytes>> {
    let mut number = first;
    move || {
        number += 1;
        make(number)
    }
}

fn path(number: u32) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = uri(format!("/items/{number:08}"));
    request
}

fn method(number: u32) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    let name = format!("M{number:08}");
    *request.method_mut() = Method::from_bytes(name.as_bytes()).expect("the value is alphanumeric");
    request
}

fn host(number: u32) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    let host = HeaderValue::try_from(format!("host-{number:08}.test"));
    request
        .headers_mut()
        .insert(HOST, host.expect("the value is alphanumeric"));
    request
}

fn route(number: u32) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    let route = Route::from_arc(format!("/items/{number:08}"));
    request.extensions_mut().insert(route);
    request
}

fn peer(number: u32) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = uri(format!("http://host-{number:08}.test/"));
    request
}

fn uri(text: String) -> Uri {
    Uri::try_from(text).expect("the value is alphanumeric")
}
