//! Probes: endpoints that respond from memory.

mod details;

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use bytes::Bytes;
use gusset_http::{Endpoint, RequestHead};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use crate::state::HealthState;
use crate::{ResponseFormat, Status};

/// Set to `degraded` on detailed responses of a service that is ready but degraded.
const X_HEALTH: HeaderName = HeaderName::from_static("x-health");

/// An endpoint that responds with 200 or 503, from memory. It never waits for a check.
///
/// Unauthenticated clients get only pass or fail. Details require the
/// [`details_token`](crate::HealthBuilder::details_token) or a management server (see
/// [`ProbeRoutes`](crate::ProbeRoutes)).
///
/// ```
/// use gusset_health::Health;
/// use gusset_http::{Endpoint as _, RequestHead};
/// use http::Request;
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// // With axum: `Router::new().route_service("/readyz", EndpointService::new(health.readyz()))`.
/// let response = health.readyz().answer(RequestHead::from(&Request::new(()))).into_inner();
/// assert_eq!(response.status(), 503);
/// health.lifecycle().mark_started();
/// let response = health.readyz().answer(RequestHead::from(&Request::new(()))).into_inner();
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()["cache-control"], "no-store");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Probe {
    state: Arc<HealthState>,
    kind: ProbeKind,
    format: ResponseFormat,
    /// Details need no token.
    anonymous_details: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeKind {
    Liveness,
    Readiness,
    Startup,
    Overall,
}

// === impl Probe ===

impl Probe {
    pub(crate) fn new(state: &Arc<HealthState>, kind: ProbeKind) -> Self {
        Self {
            state: state.clone(),
            kind,
            format: state.response_format,
            anonymous_details: false,
        }
    }

    /// Sets the format of responses. Defaults to that of the builder.
    #[must_use]
    pub fn with_response_format(mut self, format: ResponseFormat) -> Self {
        self.format = format;
        self
    }

    /// Sends details without a token.
    pub(crate) fn with_anonymous_details(mut self) -> Self {
        self.anonymous_details = true;
        self
    }

    /// Returns `Up` if the probe passes, or else `Down`. The probe of the overall status also returns
    /// `Degraded`.
    pub fn status(&self) -> Status {
        let now = || self.state.clock.now();
        let passes = match self.kind {
            ProbeKind::Liveness => self.state.is_live(),
            ProbeKind::Readiness => self.state.is_ready(now()),
            ProbeKind::Startup => self.state.is_started(),
            ProbeKind::Overall => return self.state.status(now()),
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
        let token = self.state.token.as_ref();
        let detailed = self.anonymous_details || token.is_some_and(|token| token.is_in(req));
        let status = self.status();
        let body = if detailed {
            Bytes::from(details::to_json(
                self.format,
                &self.state,
                self.kind,
                status,
            ))
        } else {
            self.format.public_body(status.is_available())
        };
        let body = if *req.method == Method::HEAD {
            Bytes::new()
        } else {
            body
        };
        let mut response = Response::new(Full::new(body));
        if !status.is_available() {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.format.content_type());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if detailed && self.state.status(self.state.clock.now()) == Status::Degraded {
            headers.insert(X_HEALTH, HeaderValue::from_static("degraded"));
        }
        ready(response)
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe")
            .field("kind", &self.kind)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
