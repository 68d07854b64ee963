//! Calls of browsers: the cost of counting pages and visitors.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use bytes::Bytes;
use gusset_core::ObserveLayer;
use gusset_http::Route;
use gusset_usage::{Usage, UsageObserver};
use http::header::USER_AGENT;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::Empty;
use tower_layer::Layer;
use tower_service::Service;

use crate::layers::{Observed, Trivial};
use crate::svc::{Hello, each};
use crate::{Scenario, WorkFactory};

/// Calls with the driver and an observer that does nothing.
pub const BARE: &str = "visits/bare";
const TIMES: u64 = 2000;

const ROUTE: Route = Route::new("/items/{id}");
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
const BOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
/// The visitors of a service with few of them.
const VISITORS: u32 = 10;
/// More than there are calls.
const ALL_NEW: u32 = u32::MAX;

/// Returns the scenarios of visitors.
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
            ..scenario(BARE, "the driver, an observer that does nothing", || {
                calls(Observed::new(Trivial), BROWSER, VISITORS)
            })
        },
        scenario("visits/known", "a visitor of the last five minutes", || {
            calls(usage(), BROWSER, VISITORS)
        }),
        scenario("visits/bot", "a bot", || calls(usage(), BOT, VISITORS)),
        scenario("visits/new", "a visitor who was not here before", || {
            calls(usage(), BROWSER, ALL_NEW)
        }),
    ]
}

/// Returns a layer that counts visitors.
fn usage() -> Observed<UsageObserver> {
    let usage = Usage::builder().build();
    ObserveLayer::new(usage.expect("the defaults are valid").observer())
}

/// Returns calls of this number of visitors in turn.
fn calls<L, B>(layer: L, agent: &'static str, visitors: u32) -> WorkFactory
where
    L: Layer<Hello> + Send + Sync + 'static,
    L::Service: Service<Request<Empty<Bytes>>, Response = Response<B>> + 'static,
    B: Body,
{
    Box::new(move || each(layer.layer(Hello), requests(agent, visitors)))
}

fn requests(agent: &'static str, visitors: u32) -> impl FnMut() -> Request<Empty<Bytes>> {
    let agent = HeaderValue::from_static(agent);
    let mut next = 0;
    move || {
        let mut request = Request::new(Empty::new());
        request.extensions_mut().insert(ROUTE);
        request.headers_mut().insert(USER_AGENT, agent.clone());
        let address = IpAddr::from(u32::to_be_bytes(next));
        // As axum adds it.
        let peer = ConnectInfo(SocketAddr::new(address, 4711));
        request.extensions_mut().insert(peer);
        next = (next + 1) % visitors;
        request
    }
}
