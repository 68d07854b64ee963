//! `grpc.health.v1`, by hand: three methods of three small messages are no reason for a compiler of
//! protocols.

mod body;
mod message;
mod watch;

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use tower_service::Service;

pub use self::body::GrpcHealthBody;
use self::message::Serving;
use crate::{ConfigError, Health};

/// The longest request that is read: a name, and some room.
const LONGEST: usize = 4096;

/// gRPC's own health service, `grpc.health.v1.Health`: Check, List and Watch, from the same state as
/// the probes.
///
/// The whole, `""`, serves while the service is ready, and so do `readiness` and each service that is
/// named by [`service`](Self::service); `liveness` is what `/livez` says. Check of another name is
/// NOT_FOUND; Watch of one says SERVICE_UNKNOWN and stays. When the listener closes, watchers are told
/// UNAVAILABLE, so that they do not hold it up.
///
/// It is a plain Tower service. In axum it is mounted at [`PATH`](Self::PATH); with the feature
/// `tonic`, tonic's router takes it as any of its services.
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
pub struct GrpcHealth {
    health: Health,
    services: Vec<Cow<'static, str>>,
}

/// The future of a [`GrpcHealth`].
#[must_use = "futures do nothing unless polled"]
pub struct GrpcHealthFuture(Pin<Box<dyn Future<Output = Response<GrpcHealthBody>> + Send>>);

/// What a call is told instead of an answer.
#[derive(Clone, Copy, Debug)]
struct Rejection(u8, &'static str);

impl Health {
    /// gRPC's health service, from the same state as the probes.
    pub fn grpc(&self) -> GrpcHealth {
        GrpcHealth {
            health: self.clone(),
            services: Vec::new(),
        }
    }
}

// === impl GrpcHealth ===

impl GrpcHealth {
    /// Where axum's router mounts it.
    pub const PATH: &'static str = "/grpc.health.v1.Health/{method}";

    /// Names a service that serves while the whole is ready: `shop.v1.Cart`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], if it is empty, longer than 200 bytes, or named already.
    pub fn service(mut self, name: impl Into<Cow<'static, str>>) -> Result<Self, ConfigError> {
        let name = name.into();
        let field = || format!("grpc.service.{}", name.escape_default());
        if name.is_empty() || name.len() > 200 {
            return Err(ConfigError::new(field(), "it is not of 1 to 200 bytes"));
        }
        if self.serving(&name) != Serving::ServiceUnknown {
            return Err(ConfigError::new(field(), "it is named already"));
        }
        self.services.push(name);
        Ok(self)
    }

    fn serving(&self, service: &str) -> Serving {
        let serves = match service {
            "liveness" => self.health.is_live(),
            "" | "readiness" => self.health.is_ready(),
            other if self.services.iter().any(|name| name == other) => self.health.is_ready(),
            _ => return Serving::ServiceUnknown,
        };
        if serves {
            Serving::Serving
        } else {
            Serving::NotServing
        }
    }

    fn list(&self) -> Vec<(&str, Serving)> {
        let ours = ["", "liveness", "readiness"].into_iter();
        let all = ours.chain(self.services.iter().map(|name| &**name));
        all.map(|name| (name, self.serving(name))).collect()
    }

    fn answer(&self, method: &str, message: &[u8]) -> Result<GrpcHealthBody, Rejection> {
        match method {
            "List" => Ok(GrpcHealthBody::once(message::list(&self.list()))),
            "Check" => match self.serving(message::service(message)?) {
                Serving::ServiceUnknown => Err(Rejection(5, "unknown service")),
                serving => Ok(GrpcHealthBody::once(message::status(serving))),
            },
            "Watch" => {
                let service = message::service(message)?.to_owned();
                Ok(GrpcHealthBody::watch(self.clone(), service))
            }
            _ => Err(Rejection(12, "unknown method")),
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
            let kind = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
            if head.method != Method::POST
                || !kind.is_some_and(|kind| kind.starts_with(b"application/grpc"))
            {
                let mut response = Response::new(GrpcHealthBody::empty());
                *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                return response;
            }
            let path = head.uri.path();
            let method = path.rsplit('/').next().unwrap_or_default();
            let answer = match read(body).await {
                Ok(bytes) => {
                    message::unframe(&bytes).and_then(|message| this.answer(method, message))
                }
                Err(refusal) => Err(refusal),
            };
            respond(answer)
        }))
    }
}

/// All of a request's body.
async fn read<B: Body>(body: B) -> Result<Vec<u8>, Rejection> {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(frame) = frame else {
            return Err(Rejection(1, "the request was broken off"));
        };
        if let Ok(mut data) = frame.into_data() {
            if bytes.len() + data.remaining() > LONGEST {
                return Err(Rejection(8, "the request is too long"));
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

fn respond(answer: Result<GrpcHealthBody, Rejection>) -> Response<GrpcHealthBody> {
    let mut response = Response::new(GrpcHealthBody::empty());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    match answer {
        Ok(body) => *response.body_mut() = body,
        // With no message there are no trailers but these.
        Err(refusal) => refusal.tell(headers),
    }
    response
}

impl fmt::Debug for GrpcHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcHealth")
            .field("services", &self.services)
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

// === impl Rejection ===

impl Rejection {
    fn tell(self, headers: &mut HeaderMap) {
        let Self(code, message) = self;
        headers.insert("grpc-status", HeaderValue::from(u16::from(code)));
        headers.insert("grpc-message", HeaderValue::from_static(message));
    }
}

/// A message with its five bytes before it.
fn frame(message: &[u8]) -> Bytes {
    let mut framed = Vec::with_capacity(5 + message.len());
    framed.push(0);
    framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
    framed.extend_from_slice(message);
    framed.into()
}
