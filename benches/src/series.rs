//! Calls of many routes: the cost of a call when many series exist.

use bytes::Bytes;
use gusset_http::Route;
use http::Request;
use http_body_util::Empty;
use tower_layer::Layer;

use crate::svc::{Hello, each};
use crate::{Scenario, WorkFactory, layers};

/// The bare service, called with one of ten routes.
pub const BARE: &str = "series/bare";
/// A multiple of every number of routes.
const TIMES: u64 = 2000;

/// Returns the scenarios of many routes.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, make| Scenario {
        name,
        about,
        baseline: Some(BARE),
        times: TIMES,
        make,
    };
    vec![
        Scenario {
            baseline: None,
            ..scenario(BARE, "nothing", || Box::new(|| each(Hello, requests(10))))
        },
        scenario("series/10", "10 series", || calls(10)),
        scenario("series/100", "100 series", || calls(100)),
        scenario("series/500", "500 series", || calls(500)),
        scenario("series/1000", "1,000 series", || calls(1000)),
        scenario("series/2000", "2,000 series, the limit", || calls(2000)),
    ]
}

/// Returns calls of this number of routes in turn, each of which was called before.
fn calls(routes: usize) -> WorkFactory {
    let layer = layers::metrics();
    let mut fill = each(layer.layer(Hello), requests(routes));
    (0..routes).for_each(|_| fill());
    Box::new(move || each(layer.layer(Hello), requests(routes)))
}

/// Returns requests with this number of routes in turn.
fn requests(routes: usize) -> impl FnMut() -> Request<Empty<Bytes>> {
    let routes: Vec<Route> = (0..routes)
        .map(|index| Route::from_arc(format!("/shelf-{index}/items/{{id}}")))
        .collect();
    let mut next = 0;
    move || {
        let mut request = Request::new(Empty::new());
        request.extensions_mut().insert(routes[next].clone());
        next = (next + 1) % routes.len();
        request
    }
}
