//! Calls of many routes: what a call costs when there are many series already.

use bytes::Bytes;
use gusset_http::Route;
use http::Request;
use http_body_util::Empty;
use tower_layer::Layer;

use crate::svc::{Hello, each};
use crate::{Scenario, Works, layers};

/// What is called: its requests bear one of ten routes.
pub const BARE: &str = "series/bare";
/// Every number of routes divides it.
const TIMES: u64 = 2000;

/// The scenarios of many routes.
pub fn scenarios() -> Vec<Scenario> {
    let over = |name, about, make| Scenario {
        name,
        about,
        over: Some(BARE),
        times: TIMES,
        make,
    };
    vec![
        Scenario {
            over: None,
            ..over(BARE, "nothing", || Box::new(|| each(Hello, in_turn(10))))
        },
        over("series/10", "10 series", || works(10)),
        over("series/100", "100 series", || works(100)),
        over("series/500", "500 series", || works(500)),
        over("series/1000", "1,000 series", || works(1000)),
        over(
            "series/2000",
            "2,000 series, as many as there may be",
            || works(2000),
        ),
    ]
}

/// Calls of so many routes in turn, each called before.
fn works(routes: usize) -> Works {
    let layer = layers::metrics();
    let mut first = each(layer.layer(Hello), in_turn(routes));
    (0..routes).for_each(|_| first());
    Box::new(move || each(layer.layer(Hello), in_turn(routes)))
}

/// Requests that bear so many routes in turn.
fn in_turn(routes: usize) -> impl FnMut() -> Request<Empty<Bytes>> {
    let routes: Vec<Route> = (0..routes)
        .map(|at| Route::from_arc(format!("/shelf-{at}/items/{{id}}")))
        .collect();
    let mut turn = 0;
    move || {
        let mut request = Request::new(Empty::new());
        request.extensions_mut().insert(routes[turn].clone());
        turn = (turn + 1) % routes.len();
        request
    }
}
