//! A route of axum's, called as its server does: on a clone of the router.

use std::convert::Infallible;
use std::hint::black_box;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::routing::{Route, get};
use axum::{BoxError, Router};
use http::Uri;
use http_body::Body as HttpBody;
use tower_layer::Layer;
use tower_service::Service;

use crate::{Scenario, Works, drive, layers};

/// What is called.
pub const BARE: &str = "axum/bare";
const TIMES: u64 = 1000;

/// The scenarios of a router.
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
            ..over(BARE, "nothing", || works(router()))
        },
        over("axum/pass", "a layer that does nothing", || {
            layered(layers::pass())
        }),
        over("axum/floor", "metrics written by hand", || {
            layered(layers::floor())
        }),
        over("axum/driver", "the driver, no observer", || {
            layered(layers::driver())
        }),
        over("axum/three", "the driver, three trivial observers", || {
            layered(layers::three())
        }),
        over("axum/metrics-noop", "HTTP metrics, `NoopRecorder`", || {
            layered(layers::metrics_noop())
        }),
        over("axum/metrics", "HTTP metrics, Prometheus page", || {
            layered(layers::metrics())
        }),
    ]
}

/// A router with one route, which reads its path and answers with a small body.
pub fn router() -> Router {
    async fn item(Path(id): Path<u32>) -> &'static str {
        black_box(id);
        "hello, world"
    }
    Router::new().route("/items/{id}", get(item))
}

/// Calls of the router with a layer over it.
pub fn layered<L, B>(layer: L) -> Works
where
    L: Layer<Route> + Clone + Send + Sync + 'static,
    L::Service: Service<Request, Response = http::Response<B>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    <L::Service as Service<Request>>::Future: Send + 'static,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    works(router().layer(layer))
}

/// Calls of a router.
pub fn works(router: Router) -> Works {
    // As `axum::serve` does for a connection: else each request would make its handler into a route.
    let router = router.with_state::<()>(());
    Box::new(move || {
        let router = router.clone();
        let uri = Uri::from_static("/items/42");
        Box::new(move || {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = uri.clone();
            drive(&mut router.clone(), black_box(request));
        })
    })
}
