//! Connections that are kept alive learn of the end.

mod future;
mod layer;

use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

pub use self::future::DrainFuture;
pub use self::layer::DrainLayer;
use crate::Lifecycle;

/// The service of a [`DrainLayer`].
#[derive(Clone, Debug)]
pub struct Drain<S> {
    inner: S,
    life: Lifecycle,
}

// === impl Drain ===

impl<S, Req, Res> Service<Request<Req>> for Drain<S>
where
    S: Service<Request<Req>, Response = Response<Res>>,
{
    type Response = Response<Res>;
    type Error = S::Error;
    type Future = DrainFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Request<Req>) -> Self::Future {
        let http1 = req.version() <= http::Version::HTTP_11;
        DrainFuture::new(self.inner.call(req), http1.then(|| self.life.clone()))
    }
}
