//! Probes: endpoints that answer from memory.

mod format;
mod json;
mod secret;

use std::future::{Ready, ready};

use bytes::Bytes;
use gusset_http::{Endpoint, RequestHead};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

pub use self::format::Format;
pub(crate) use self::secret::Secret;
use crate::{Health, Status};

/// On detailed answers of a service that is ready and not at its best.
const X_HEALTH: HeaderName = HeaderName::from_static("x-health");

/// An endpoint that tells of a service's health: 200 or 503, from memory, at once, whatever the
/// checks are doing.
///
/// The public answer is pass or fail and nothing else. Details are for those who bring the token
/// ([`HealthBuilder::detail_token`](crate::HealthBuilder::detail_token)) and for the management
/// listener.
///
/// ```
/// use gusset_health::Health;
/// use gusset_http::{Endpoint as _, RequestHead};
/// use http::Request;
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// // With axum: `Router::new().route_service("/readyz", EndpointService::new(health.readyz()))`.
/// let answer = health.readyz().answer(RequestHead::from(&Request::new(()))).into_inner();
/// assert_eq!(answer.status(), 503);
/// health.lifecycle().started();
/// let answer = health.readyz().answer(RequestHead::from(&Request::new(()))).into_inner();
/// assert_eq!(answer.status(), 200);
/// assert_eq!(answer.headers()["cache-control"], "no-store");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Probe {
    health: Health,
    which: Which,
    format: Format,
    /// Details for everybody: on a listener that strangers do not reach.
    open: bool,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Live,
    Ready,
    Started,
    Whole,
}

// === impl Probe ===

impl Probe {
    pub(crate) fn new(health: &Health, which: Which) -> Self {
        Self {
            health: health.clone(),
            which,
            format: health.0.format,
            open: false,
        }
    }

    /// Answers in that shape.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// With details for everybody who asks.
    #[cfg(feature = "management")]
    pub(crate) fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// What it says: `Up`, or `Down` for a probe that fails; `Degraded` too, of the whole.
    pub fn status(&self) -> Status {
        let passes = match self.which {
            Which::Live => self.health.is_live(),
            Which::Ready => self.health.is_ready(),
            Which::Started => self.health.is_started(),
            Which::Whole => return self.health.status(),
        };
        if passes { Status::Up } else { Status::Down }
    }
}

impl Endpoint for Probe {
    type Future = Ready<Response<Full<Bytes>>>;

    fn answer(&self, req: RequestHead<'_>) -> Self::Future {
        if !matches!(*req.method, Method::GET | Method::HEAD) {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            let headers = response.headers_mut();
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return ready(response);
        }
        let secret = self.health.0.secret.as_ref();
        let detailed = self.open || secret.is_some_and(|secret| secret.is_borne_by(req));
        let status = self.status();
        let body = if detailed {
            Bytes::from(self.format.details(&self.health, self.which, status))
        } else {
            self.format.verdict(status.works())
        };
        let body = if *req.method == Method::HEAD {
            Bytes::new()
        } else {
            body
        };
        let mut response = Response::new(Full::new(body));
        if !status.works() {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.format.content_type());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if detailed && self.health.status() == Status::Degraded {
            headers.insert(X_HEALTH, HeaderValue::from_static("degraded"));
        }
        ready(response)
    }
}
