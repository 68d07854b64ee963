//! Closing of keep-alive connections during a shutdown.

mod future;
mod layer;

use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

pub use self::future::ConnectionDrainFuture;
pub use self::layer::ConnectionDrainLayer;
use crate::Lifecycle;

/// The service of a [`ConnectionDrainLayer`].
#[derive(Clone, Debug)]
pub struct ConnectionDrain<S> {
    inner: S,
    lifecycle: Lifecycle,
}

// === impl ConnectionDrain ===

impl<S, Req, Res> Service<Request<Req>> for ConnectionDrain<S>
where
    S: Service<Request<Req>, Response = Response<Res>>,
{
    type Response = Response<Res>;
    type Error = S::Error;
    type Future = ConnectionDrainFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Request<Req>) -> Self::Future {
        let is_http1 = req.version() <= http::Version::HTTP_11;
        let lifecycle = is_http1.then(|| self.lifecycle.clone());
        ConnectionDrainFuture::new(self.inner.call(req), lifecycle)
    }
}
