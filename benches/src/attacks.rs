//! Calls of strangers, each like none before, when there are as many series as there may be.
//!
//! To make a new path or a new method costs something too: each attack is compared with the same
//! requests on the same service without a layer.

use bytes::Bytes;
use gusset_http::Route;
use http::header::HOST;
use http::{HeaderValue, Method, Request, Uri};
use http_body::Body;
use http_body_util::Empty;
use tower_layer::Layer;
use tower_service::Service;

use crate::svc::{Hello, each};
use crate::{Scenario, Works, layers};

const TIMES: u64 = 2000;
/// As many as there may be unless another limit is set, and some more.
const FULL: u32 = 2100;

/// Makes the request of a number, like that of no other.
type Make = fn(u32) -> Request<Empty<Bytes>>;

/// The scenarios of attacks, each after its bare service.
pub fn scenarios() -> Vec<Scenario> {
    let bare = |name, make| Scenario {
        name,
        about: "nothing",
        over: None,
        times: TIMES,
        make,
    };
    let over = |name, over, about, make| Scenario {
        name,
        about,
        over: Some(over),
        times: TIMES,
        make,
    };
    vec![
        bare("attack/path-bare", || bare_calls(path)),
        over(
            "attack/path",
            "attack/path-bare",
            "a new path, of no route",
            || server_calls(path),
        ),
        bare("attack/method-bare", || bare_calls(method)),
        over(
            "attack/method",
            "attack/method-bare",
            "a new method",
            || server_calls(method),
        ),
        bare("attack/host-bare", || bare_calls(host)),
        over(
            "attack/host",
            "attack/host-bare",
            "a new `Host` header",
            || server_calls(host),
        ),
        bare("attack/route-bare", || bare_calls(route)),
        over(
            "attack/route",
            "attack/route-bare",
            "a new route: the service takes paths for routes",
            || server_calls(route),
        ),
        bare("attack/peer-bare", || bare_calls(peer)),
        over(
            "attack/peer",
            "attack/peer-bare",
            "a client that calls a new server each time",
            || client_calls(peer),
        ),
    ]
}

fn bare_calls(make: Make) -> Works {
    Box::new(move || each(Hello, from(make, FULL)))
}

fn server_calls(make: Make) -> Works {
    calls(layers::metrics(), make, route)
}

fn client_calls(make: Make) -> Works {
    calls(layers::client_metrics(), make, peer)
}

/// Calls through a layer that was called by so many others before that no series is left.
fn calls<L, B>(layer: L, make: Make, filling: Make) -> Works
where
    L: Layer<Hello> + Send + Sync + 'static,
    L::Service: Service<Request<Empty<Bytes>>, Response = http::Response<B>> + 'static,
    B: Body,
{
    let mut fill = each(layer.layer(Hello), from(filling, 0));
    (0..FULL).for_each(|_| fill());
    Box::new(move || each(layer.layer(Hello), from(make, FULL)))
}

/// A request for every number from there on.
fn from(make: Make, first: u32) -> impl FnMut() -> Request<Empty<Bytes>> {
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
    *request.method_mut() = Method::from_bytes(name.as_bytes()).expect("letters and digits");
    request
}

fn host(number: u32) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    let host = HeaderValue::try_from(format!("host-{number:08}.test"));
    request
        .headers_mut()
        .insert(HOST, host.expect("letters and digits"));
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
    Uri::try_from(text).expect("letters and digits")
}
