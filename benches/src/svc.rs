//! A service of plain Tower: what a layer adds, and nothing else.

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

use crate::{Scenario, Work, Works, drive, layers};

/// What is called.
pub const BARE: &str = "svc/bare";
const ROUTE: Route = Route::new("/items/{id}");
const TIMES: u64 = 2000;

/// A service that answers at once with a small body.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "not published")]
pub struct Hello;

/// The scenarios of a plain service.
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
            ..over(BARE, "nothing", bare)
        },
        over("svc/pass", "a layer that does nothing", || {
            layered(layers::pass())
        }),
        over("svc/floor", "metrics written by hand", || {
            layered(layers::floor())
        }),
        over("svc/driver", "the driver, no observer", || {
            layered(layers::driver())
        }),
        over("svc/three", "the driver, three trivial observers", || {
            layered(layers::three())
        }),
        over("svc/metrics-noop", "HTTP metrics, `NoopRecorder`", || {
            layered(layers::metrics_noop())
        }),
        over("svc/metrics", "HTTP metrics, Prometheus page", || {
            layered(layers::metrics())
        }),
    ]
}

/// Calls of the service with nothing over it.
pub fn bare() -> Works {
    Box::new(|| work(Hello))
}

/// Calls of the service with a layer over it.
pub fn layered<L, B>(layer: L) -> Works
where
    L: Layer<Hello> + Send + Sync + 'static,
    L::Service: Service<Request<Empty<Bytes>>, Response = Response<B>> + 'static,
    B: Body,
{
    Box::new(move || work(layer.layer(Hello)))
}

/// Calls of a service, each with a request that bears the name of its route.
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

/// Calls of a service, each with the next request.
pub fn each<S, B>(mut service: S, mut next: impl FnMut() -> Request<Empty<Bytes>> + 'static) -> Work
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>> + 'static,
    B: Body,
{
    Box::new(move || drive(&mut service, black_box(next())))
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
