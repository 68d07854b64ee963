//! A plain Tower service: the cost of a layer, and almost nothing else.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::task::{Context, Poll};

use bytes::Bytes;
use gusset_http::Route;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{Empty, Full};
use tower_layer::Layer;
use tower_service::Service;

use crate::{Scenario, Work, WorkFactory, layers, run_call};

/// The service without a layer.
pub const BARE: &str = "svc/bare";
const ROUTE: Route = Route::new("/items/{id}");
const TIMES: u64 = 2000;

/// A service that responds immediately with a small body.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "not published")]
pub struct Hello;

/// Returns the scenarios of a plain service.
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
            ..scenario(BARE, "nothing", bare)
        },
        scenario("svc/pass", "a layer that does nothing", || {
            layered(layers::pass())
        }),
        scenario(
            "svc/chaos-disarmed",
            "the layer of injected faults, disarmed",
            || layered(layers::chaos_disarmed()),
        ),
        scenario("svc/manual", "manual metrics", || layered(layers::manual())),
        scenario("svc/driver", "the driver, no observer", || {
            layered(layers::driver())
        }),
        scenario(
            "svc/three-observers",
            "the driver, three trivial observers",
            || layered(layers::three_observers()),
        ),
        scenario("svc/metrics-noop", "HTTP metrics, `NoopRecorder`", || {
            layered(layers::metrics_noop())
        }),
        scenario("svc/metrics", "HTTP metrics, Prometheus exporter", || {
            layered(layers::metrics())
        }),
    ]
}

/// Returns calls of the service without a layer.
pub fn bare() -> WorkFactory {
    Box::new(|| work(Hello))
}

/// Returns calls of the service with a layer.
pub fn layered<L, B>(layer: L) -> WorkFactory
where
    L: Layer<Hello> + Send + Sync + 'static,
    L::Service: Service<Request<Empty<Bytes>>, Response = Response<B>> + 'static,
    B: Body,
{
    Box::new(move || work(layer.layer(Hello)))
}

/// Returns calls of a service, with requests that have their route as an extension.
pub fn work<S, B>(service: S) -> Work
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>> + 'static,
    B: Body,
{
    each(service, || {
        let mut request = Request::new(Empty::new());
        request.extensions_mut().insert(ROUTE);
        request
    })
}

/// Returns calls of a service, each with the next request.
pub fn each<S, B>(mut service: S, mut next: impl FnMut() -> Request<Empty<Bytes>> + 'static) -> Work
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>> + 'static,
    B: Body,
{
    Box::new(move || run_call(&mut service, black_box(next())))
}

// === impl Hello ===

impl Service<Request<Empty<Bytes>>> for Hello {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
        drop(black_box(request));
        let body = Full::new(Bytes::from_static(b"hello, world"));
        ready(Ok(black_box(Response::new(body))))
    }
}
