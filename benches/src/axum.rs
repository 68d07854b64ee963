//! An axum route, called as `axum::serve` does: on a clone of the router.

use std::convert::Infallible;
use std::hint::black_box;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::routing::{Route, get};
use axum::{BoxError, Router};
use http::Uri;
use http_body::Body as HttpBody;
use tower_layer::Layer;
use tower_service::Service;

use crate::{Scenario, WorkFactory, layers, run_call};

/// The router without a layer.
pub const BARE: &str = "axum/bare";
const TIMES: u64 = 1000;

/// Returns the scenarios of a router.
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
            ..scenario(BARE, "nothing", || calls(router()))
        },
        scenario("axum/pass", "a layer that does nothing", || {
            layered(layers::pass())
        }),
        scenario(
            "axum/manual",
            "manual metrics",
            || layered(layers::manual()),
        ),
        scenario("axum/driver", "the driver, no observer", || {
            layered(layers::driver())
        }),
        scenario(
            "axum/three-observers",
            "the driver, three trivial observers",
            || layered(layers::three_observers()),
        ),
        scenario("axum/metrics-noop", "HTTP metrics, `NoopRecorder`", || {
            layered(layers::metrics_noop())
        }),
        scenario("axum/metrics", "HTTP metrics, Prometheus exporter", || {
            layered(layers::metrics())
        }),
    ]
}

/// Returns a router with one route, which reads its path and responds with a small body.
pub fn router() -> Router {
    async fn item(Path(id): Path<u32>) -> &'static str {
        black_box(id);
        "hello, world"
    }
    Router::new().route("/items/{id}", get(item))
}

/// Returns a router with one route, whose handler keeps the processor busy for this long and responds like that of
/// [`router`].
pub fn busy_router(work: Duration) -> Router {
    if work.is_zero() {
        return router();
    }
    let item = move |Path(id): Path<u32>| async move {
        #[expect(
            clippy::disallowed_methods,
            reason = "the handler of a benchmark works in real time"
        )]
        let end = Instant::now() + work;
        #[expect(
            clippy::disallowed_methods,
            reason = "the handler of a benchmark works in real time"
        )]
        while Instant::now() < end {
            black_box(id);
        }
        "hello, world"
    };
    Router::new().route("/items/{id}", get(item))
}

/// Returns calls of the router with a layer.
pub fn layered<L, B>(layer: L) -> WorkFactory
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
    calls(router().layer(layer))
}

/// Returns calls of a router.
pub fn calls(router: Router) -> WorkFactory {
    // As `axum::serve` does for a connection. Otherwise each request would convert its handler into a
    // route.
    let router = router.with_state::<()>(());
    Box::new(move || {
        let router = router.clone();
        let uri = Uri::from_static("/items/42");
        Box::new(move || {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = uri.clone();
            run_call(&mut router.clone(), black_box(request));
        })
    })
}
