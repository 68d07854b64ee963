//! The gRPC health service, `grpc.health.v1`.
//!
//! Independent of tonic, so that any HTTP router can serve it. The crate `tonic-health` requires tonic's
//! router and has no `List` method.

mod body;
mod error;
mod message;
mod services;
mod watch;

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Buf as _;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt as _;
use tower_service::Service;

pub use self::body::GrpcHealthBody;
use self::error::GrpcError;
use self::message::ServingStatus;
use self::services::Services;
use self::watch::WatchStream;
use crate::{ConfigError, Health};

/// Enough for the longest name of a service.
const MAX_REQUEST_BYTES: usize = 4096;

/// The gRPC health service `grpc.health.v1.Health`, with the methods Check, List and Watch.
///
/// The overall status `""`, `readiness` and all added [services](Self::service) are SERVING while the
/// service is ready. `liveness` is SERVING while `/livez` passes. For an unknown service, Check returns
/// NOT_FOUND and Watch sends SERVICE_UNKNOWN. Watch streams end with UNAVAILABLE when the listener
/// closes, so that they do not delay the shutdown.
///
/// A plain Tower service: mount it at [`PATH`](Self::PATH) in axum. With the feature `tonic`, add it to
/// tonic's router.
///
/// ```
/// use axum::Router;
/// use gusset_health::{GrpcHealth, Health};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let grpc = health.grpc().service("shop.v1.Cart")?;
/// let app: Router = Router::new().route_service(GrpcHealth::PATH, grpc);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct GrpcHealth(Services);

/// The response future of a [`GrpcHealth`].
#[must_use = "futures do nothing unless polled"]
pub struct GrpcHealthFuture(Pin<Box<dyn Future<Output = Response<GrpcHealthBody>> + Send>>);

impl Health {
    /// Returns the gRPC health service.
    pub fn grpc(&self) -> GrpcHealth {
        GrpcHealth(Services {
            state: self.0.clone(),
            names: Vec::new(),
        })
    }
}

// === impl GrpcHealth ===

impl GrpcHealth {
    /// The path in axum's router.
    pub const PATH: &'static str = "/grpc.health.v1.Health/{method}";

    /// Adds a service, such as `shop.v1.Cart`, that has the overall status.
    ///
    /// # Errors
    /// If the name is empty, longer than 200 bytes, or already added.
    pub fn service(mut self, name: impl Into<Cow<'static, str>>) -> Result<Self, ConfigError> {
        self.0.add(name.into())?;
        Ok(self)
    }

    fn respond(&self, method: &str, message: &[u8]) -> Result<GrpcHealthBody, GrpcError> {
        let services = &self.0;
        match method {
            "List" => {
                let message = message::list_response(&services.statuses());
                Ok(GrpcHealthBody::message(message))
            }
            "Check" => match services.status(message::service(message)?) {
                ServingStatus::ServiceUnknown => Err(GrpcError::UNKNOWN_SERVICE),
                status => Ok(GrpcHealthBody::message(message::health_response(status))),
            },
            "Watch" => {
                let service = message::service(message)?.to_owned();
                let stream = WatchStream::new(services.clone(), service);
                Ok(GrpcHealthBody::watch(stream))
            }
            _ => Err(GrpcError::UNKNOWN_METHOD),
        }
    }
}

impl<B> Service<Request<B>> for GrpcHealth
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<GrpcHealthBody>;
    type Error = Infallible;
    type Future = GrpcHealthFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<B>) -> GrpcHealthFuture {
        let this = self.clone();
        GrpcHealthFuture(Box::pin(async move {
            let (head, body) = req.into_parts();
            let content_type = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
            if head.method != Method::POST
                || !content_type.is_some_and(|value| value.starts_with(b"application/grpc"))
            {
                let mut response = Response::new(GrpcHealthBody::empty());
                *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                return response;
            }
            let path = head.uri.path();
            let method = path.rsplit('/').next().unwrap_or_default();
            let result = match read(body).await {
                Ok(bytes) => {
                    message::unframe(&bytes).and_then(|message| this.respond(method, message))
                }
                Err(error) => Err(error),
            };
            into_response(result)
        }))
    }
}

/// Reads the whole request body.
async fn read<B: Body>(body: B) -> Result<Vec<u8>, GrpcError> {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(GrpcError::CANCELLED);
        };
        if let Ok(mut data) = frame.into_data() {
            if bytes.len() + data.remaining() > MAX_REQUEST_BYTES {
                return Err(GrpcError::TOO_LARGE);
            }
            while data.has_remaining() {
                let chunk = data.chunk();
                let len = chunk.len();
                bytes.extend_from_slice(chunk);
                data.advance(len);
            }
        }
    }
    Ok(bytes)
}

fn into_response(result: Result<GrpcHealthBody, GrpcError>) -> Response<GrpcHealthBody> {
    let mut response = Response::new(GrpcHealthBody::empty());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    match result {
        Ok(body) => *response.body_mut() = body,
        // A response without messages has its status in the headers.
        Err(error) => error.insert_into(headers),
    }
    response
}

impl fmt::Debug for GrpcHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcHealth")
            .field("services", &self.0.names)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "tonic")]
impl tonic::server::NamedService for GrpcHealth {
    const NAME: &'static str = "grpc.health.v1.Health";
}

// === impl GrpcHealthFuture ===

impl Future for GrpcHealthFuture {
    type Output = Result<Response<GrpcHealthBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for GrpcHealthFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GrpcHealthFuture")
    }
}
