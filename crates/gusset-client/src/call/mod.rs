//! The layers around a client.

mod future;
mod report;
mod request_body;
mod response_body;

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

pub use self::future::TimingFuture;
pub use self::request_body::TimedBody;
pub use self::response_body::TimedResponseBody;
use crate::Timings;
use crate::record::{CallRef, ConnectionRecord};
use crate::shared::Shared;

/// Measures the calls of a client. Created by [`ClientTimer::layer`](crate::ClientTimer::layer).
///
/// The client inside takes requests with [`TimedBody`], by which the layer learns when a connection takes a request.
/// Put it inside of retries and redirects, so that each attempt is measured, and inside of `gusset.http_client()`, so
/// that its fields are those of the attempt.
#[derive(Clone, Debug)]
pub struct TimingLayer {
    shared: Arc<Shared>,
}

/// The service of a [`TimingLayer`].
#[derive(Clone, Debug)]
pub struct Timing<S> {
    inner: S,
    shared: Arc<Shared>,
}

/// Measures the calls of a client that does not take other bodies. Created by
/// [`ClientTimer::opaque_layer`](crate::ClientTimer::opaque_layer).
///
/// The wait for a connection of the pool and the sending of the request are a part of
/// [`Phase::FirstByte`](crate::Phase::FirstByte).
#[derive(Clone, Debug)]
pub struct OpaqueTimingLayer {
    shared: Arc<Shared>,
}

/// The service of an [`OpaqueTimingLayer`].
#[derive(Clone, Debug)]
pub struct OpaqueTiming<S> {
    inner: S,
    shared: Arc<Shared>,
}

/// The times of a call, in the extensions of its response. They are complete at the end of the body.
///
/// A response that did not pass the layer of the timer has none but whether its connection is a reused one.
///
/// ```
/// use gusset_client::CallTimings;
///
/// fn print<B>(response: &http::Response<B>) {
///     if let Some(timings) = response.extensions().get::<CallTimings>() {
///         println!("{}", timings.get());
///     }
/// }
/// ```
//
// One extension of both: hyper-util adds it with the connection, and the layer then adds the call.
#[derive(Clone, Debug)]
pub struct CallTimings {
    connection: Option<Arc<ConnectionRecord>>,
    call: Option<CallRef>,
}

// === impl CallTimings ===

impl CallTimings {
    /// Returns the times so far. While the body is read, the download lasts until now.
    pub fn get(&self) -> Timings {
        match &self.call {
            Some(call) => call.get().timings(),
            None => Timings::new(true),
        }
    }

    pub(crate) fn of_connection(connection: Arc<ConnectionRecord>) -> Self {
        Self {
            connection: Some(connection),
            call: None,
        }
    }

    /// Adds the call to the extension of its connection, which is one of the same timer, and returns that connection.
    #[inline]
    fn add(call: &CallRef, extensions: &mut Extensions) -> Option<Arc<ConnectionRecord>> {
        let present = extensions.get_mut::<Self>();
        if let Some(timings) = present.filter(|timings| timings.call.is_none()) {
            timings.call = Some(call.clone());
            return timings.connection.take();
        }
        extensions.insert(Self {
            connection: None,
            call: Some(call.clone()),
        });
        None
    }
}

// === impl TimingLayer ===

impl TimingLayer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl<S> Layer<S> for TimingLayer {
    type Service = Timing<S>;

    fn layer(&self, inner: S) -> Timing<S> {
        let shared = Arc::clone(&self.shared);
        Timing { inner, shared }
    }
}

// === impl Timing ===

impl<S, B, D> Service<Request<B>> for Timing<S>
where
    S: Service<Request<TimedBody<B>>, Response = Response<D>>,
    S::Error: 'static,
    D: Body,
{
    type Response = Response<TimedResponseBody<D>>;
    type Error = S::Error;
    type Future = TimingFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Request<B>) -> Self::Future {
        let mut call = CallRef::start(&self.shared, &req);
        let req = req.map(|body| TimedBody::new(body, call.clone()));
        let inner = call.enter(|| self.inner.call(req));
        TimingFuture::new(inner, call)
    }
}

// === impl OpaqueTimingLayer ===

impl OpaqueTimingLayer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl<S> Layer<S> for OpaqueTimingLayer {
    type Service = OpaqueTiming<S>;

    fn layer(&self, inner: S) -> OpaqueTiming<S> {
        let shared = Arc::clone(&self.shared);
        OpaqueTiming { inner, shared }
    }
}

// === impl OpaqueTiming ===

impl<S, B, D> Service<Request<B>> for OpaqueTiming<S>
where
    S: Service<Request<B>, Response = Response<D>>,
    S::Error: 'static,
    D: Body,
{
    type Response = Response<TimedResponseBody<D>>;
    type Error = S::Error;
    type Future = TimingFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Request<B>) -> Self::Future {
        let mut call = CallRef::start(&self.shared, &req);
        let inner = call.enter(|| self.inner.call(req));
        TimingFuture::new(inner, call)
    }
}
