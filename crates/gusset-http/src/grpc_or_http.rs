//! Distinguishes gRPC from HTTP on a server of both.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::grpc_content::ContentType;

/// A layer for a server of gRPC and HTTP on one port, such as axum with tonic's routes: applies one layer
/// to gRPC requests and another to all others.
///
/// A request is gRPC by its content type: `application/grpc`, also with a suffix (`+proto`, `-web`).
///
/// For observers and admissions of each kind, which otherwise record gRPC statuses as HTTP 200, or reject
/// gRPC calls with HTTP 503. The service is cloned for each call, as axum does.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Grpc, GrpcOrHttpLayer, Http};
/// use tower_layer::Layer;
///
/// # let routes = "routes";
/// let grpc = ObserveLayer::<Grpc, _>::new(());
/// let http = ObserveLayer::<Http, _>::new(());
/// let service = GrpcOrHttpLayer::new(grpc, http).layer(routes);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GrpcOrHttpLayer<G, H> {
    grpc: G,
    http: H,
}

/// The service that a [`GrpcOrHttpLayer`] creates.
#[derive(Clone, Debug)]
pub struct GrpcOrHttp<G, H> {
    grpc: G,
    http: H,
}

pin_project! {
    /// The response future of a [`GrpcOrHttp`].
    #[must_use = "futures do nothing unless polled"]
    pub struct GrpcOrHttpFuture<G, H, B>
    where
        G: Service<Request<B>>,
        H: Service<Request<B>>,
    {
        #[pin]
        call: Either<ReadyCall<G, Request<B>>, ReadyCall<H, Request<B>>>,
    }
}

pin_project! {
    /// The response body of a [`GrpcOrHttp`].
    #[derive(Debug)]
    pub struct GrpcOrHttpBody<G, H> {
        #[pin]
        body: Either<G, H>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = EitherProj]
    enum Either<G, H> {
        Grpc { #[pin] inner: G },
        Http { #[pin] inner: H },
    }
}

pin_project! {
    /// Polls a service for readiness, and calls it.
    #[project = ReadyCallProj]
    enum ReadyCall<S, Req>
    where
        S: Service<Req>,
    {
        /// The request is taken when the service is called.
        Wait { service: S, req: Option<Req> },
        Called { #[pin] future: S::Future },
    }
}

// === impl GrpcOrHttpLayer ===

impl<G, H> GrpcOrHttpLayer<G, H> {
    /// Creates a layer that applies `grpc` to gRPC requests, and `http` to all others.
    pub const fn new(grpc: G, http: H) -> Self {
        Self { grpc, http }
    }
}

impl<S: Clone, G: Layer<S>, H: Layer<S>> Layer<S> for GrpcOrHttpLayer<G, H> {
    type Service = GrpcOrHttp<G::Service, H::Service>;

    fn layer(&self, inner: S) -> Self::Service {
        GrpcOrHttp {
            grpc: self.grpc.layer(inner.clone()),
            http: self.http.layer(inner),
        }
    }
}

// === impl GrpcOrHttp ===

impl<G, H, B, GB, HB> Service<Request<B>> for GrpcOrHttp<G, H>
where
    G: Service<Request<B>, Response = Response<GB>> + Clone,
    H: Service<Request<B>, Response = Response<HB>, Error = G::Error> + Clone,
{
    type Response = Response<GrpcOrHttpBody<GB, HB>>;
    type Error = G::Error;
    type Future = GrpcOrHttpFuture<G, H, B>;

    /// Always ready. Which service is called is not known before the request, and to make both ready
    /// would take two permits of a concurrency limit for one call.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<B>) -> Self::Future {
        let call = if ContentType::from_headers(req.headers()).is_grpc() {
            Either::Grpc {
                inner: ReadyCall::new(self.grpc.clone(), req),
            }
        } else {
            Either::Http {
                inner: ReadyCall::new(self.http.clone(), req),
            }
        };
        GrpcOrHttpFuture { call }
    }
}

// === impl GrpcOrHttpFuture ===

impl<G, H, B, GB, HB> Future for GrpcOrHttpFuture<G, H, B>
where
    G: Service<Request<B>, Response = Response<GB>>,
    H: Service<Request<B>, Response = Response<HB>, Error = G::Error>,
{
    type Output = Result<Response<GrpcOrHttpBody<GB, HB>>, G::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project().call.project() {
            EitherProj::Grpc { inner } => ready!(inner.poll(cx)).map(|res| {
                res.map(|inner| GrpcOrHttpBody {
                    body: Either::Grpc { inner },
                })
            }),
            EitherProj::Http { inner } => ready!(inner.poll(cx)).map(|res| {
                res.map(|inner| GrpcOrHttpBody {
                    body: Either::Http { inner },
                })
            }),
        })
    }
}

impl<G, H, B> fmt::Debug for GrpcOrHttpFuture<G, H, B>
where
    G: Service<Request<B>>,
    H: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcOrHttpFuture").finish_non_exhaustive()
    }
}

// === impl ReadyCall ===

impl<S: Service<Req>, Req> ReadyCall<S, Req> {
    fn new(service: S, req: Req) -> Self {
        Self::Wait {
            service,
            req: Some(req),
        }
    }
}

impl<S: Service<Req>, Req> Future for ReadyCall<S, Req> {
    type Output = Result<S::Response, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let future = match self.as_mut().project() {
                ReadyCallProj::Called { future } => return future.poll(cx),
                ReadyCallProj::Wait { service, req } => {
                    ready!(service.poll_ready(cx))?;
                    service.call(req.take().expect("a service is called once"))
                }
            };
            self.set(Self::Called { future });
        }
    }
}

// === impl GrpcOrHttpBody ===

impl<G, H> Body for GrpcOrHttpBody<G, H>
where
    G: Body,
    H: Body<Data = G::Data, Error = G::Error>,
{
    type Data = G::Data;
    type Error = G::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<G::Data>, G::Error>>> {
        match self.project().body.project() {
            EitherProj::Grpc { inner } => inner.poll_frame(cx),
            EitherProj::Http { inner } => inner.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Either::Grpc { inner } => inner.is_end_stream(),
            Either::Http { inner } => inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Either::Grpc { inner } => inner.size_hint(),
            Either::Http { inner } => inner.size_hint(),
        }
    }
}
