//! Requests to the endpoints.

use std::time::Duration;

use gusset_core::Clock;
use gusset_data::{MetricProducer as _, StateTree};
use gusset_history::History;
use gusset_http::{BearerToken, EndpointBody, Mount as _, Reach, RequestHead, Routes};
use gusset_ops::{Operations, OperationsBuilder};
use http::{Request, Response};
use http_body_util::BodyExt as _;

pub(crate) const TOKEN: &str = "0123456789abcdef";

/// A response whose body was read.
pub(crate) type Answer = Response<String>;

pub(crate) fn token() -> BearerToken {
    BearerToken::new("ops_token", TOKEN).unwrap()
}

/// Returns a page with one part.
pub(crate) fn builder() -> OperationsBuilder {
    Operations::builder("shop").part("cache", || {
        StateTree::fields([("entries", 3_u64.into()), ("password", "hunter2".into())])
    })
}

pub(crate) fn routes(operations: &Operations, reach: Reach) -> Routes {
    operations.endpoints().mount(Routes::new(), reach).unwrap()
}

/// Returns the response to a request of a terminal on this machine.
pub(crate) async fn get(operations: &Operations, path: &str, accept: &str) -> Answer {
    let request = Request::get(path).header("host", "127.0.0.1:9464");
    answer(operations, request.header("accept", accept)).await
}

/// Returns a response whose body was not read.
pub(crate) async fn head(
    operations: &Operations,
    request: http::request::Builder,
) -> Response<EndpointBody> {
    let request = request.body(()).unwrap();
    let routes = routes(operations, Reach::Loopback);
    let response = routes.answer(RequestHead::from(&request));
    response.expect("the path is served").await
}

pub(crate) async fn answer(operations: &Operations, request: http::request::Builder) -> Answer {
    let (parts, body) = head(operations, request).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, String::from_utf8(body.to_vec()).unwrap())
}

/// Returns a history of a minute with 120 requests, 12 of which have an `error.type`.
pub(crate) fn history() -> History {
    let history = History::builder().build().unwrap();
    let registry = gusset_metrics::Registry::builder().build().unwrap();
    let record = |route: &'static str, error: &'static str, count: u64| {
        let histogram = metrics::with_local_recorder(&registry, || {
            metrics::histogram!(
                "http.server.request.duration",
                "http.route" => route,
                "error.type" => error,
            )
        });
        (0..count).for_each(|_| histogram.record(0.05));
    };
    let now = Clock::system().now();
    record("/orders/{id}", "", 10);
    record("<script>alert(1)</script>", "", 1);
    history.record(now, registry.metrics());
    record("/orders/{id}", "", 107);
    record("/orders/{id}", "500", 12);
    record("<script>alert(1)</script>", "", 1);
    history.record(now + Duration::from_secs(60), registry.metrics());
    history
}
