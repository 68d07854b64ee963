//! Endpoints of the management server that change the log filter and the sampling for a limited time.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gusset_core::ConfigError;
use gusset_http::{BearerToken, Endpoint, Mount, Reach, RequestHead, Routes};
use gusset_log::FilterHandle;
use gusset_trace::sampler::{ParentBased, ReplaceableSampler, TraceIdRatio};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

/// The time of a change that names none, in seconds.
const DEFAULT_SECONDS: u64 = 600;

/// `/log-filter` and `/trace-sampling`. On the network they are served only with a token.
pub(super) struct Controls {
    pub(super) filter: Option<FilterHandle>,
    pub(super) sampler: Option<ReplaceableSampler>,
    pub(super) token: Option<Arc<BearerToken>>,
}

/// The endpoint of one setting.
struct Control<S> {
    setting: S,
    token: Option<Arc<BearerToken>>,
}

/// Why a request is not served.
pub(super) struct ErrorResponse(pub(super) StatusCode, pub(super) String);

/// A setting that can be changed for a limited time.
trait Setting: Send + Sync + 'static {
    /// The parameter of the new value.
    const PARAMETER: &'static str;

    fn current(&self) -> String;
    fn set(&self, value: &str, time: Duration) -> Result<(), ConfigError>;
    fn revert(&self);
}

// === impl Controls ===

impl Mount for Controls {
    fn mount(&self, mut routes: Routes, reach: Reach) -> Result<Routes, ConfigError> {
        if reach != Reach::Loopback && self.token.is_none() {
            return Ok(routes);
        }
        if let Some(setting) = self.filter.clone() {
            let token = self.token.clone();
            routes = routes.route("/log-filter", Control { setting, token })?;
        }
        if let Some(setting) = self.sampler.clone() {
            let token = self.token.clone();
            routes = routes.route("/trace-sampling", Control { setting, token })?;
        }
        Ok(routes)
    }
}

// === impl Control ===

impl<S: Setting> Endpoint for Control<S> {
    type Future = Ready<Response<Full<Bytes>>>;

    fn answer(&self, req: RequestHead<'_>) -> Self::Future {
        ready(match self.respond(req) {
            Ok(current) => text(StatusCode::OK, current),
            Err(ErrorResponse(status, reason)) => text(status, reason),
        })
    }
}

impl<S: Setting> Control<S> {
    fn respond(&self, req: RequestHead<'_>) -> Result<String, ErrorResponse> {
        authorize(req, self.token.as_deref())?;
        match *req.method {
            Method::GET | Method::HEAD => {}
            Method::PUT => {
                let (value, time) = parameters(req, S::PARAMETER)?;
                self.setting
                    .set(&value, time)
                    .map_err(ErrorResponse::bad_request)?;
                let seconds = time.as_secs();
                tracing::info!(target: "gusset", "{}={value} for {seconds} s", S::PARAMETER);
            }
            Method::DELETE => self.setting.revert(),
            _ => {
                return Err(ErrorResponse::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "GET, PUT or DELETE",
                ));
            }
        }
        Ok(self.setting.current())
    }
}

/// Checks that a request has the token, or without one that it is not that of a website.
pub(super) fn authorize(
    req: RequestHead<'_>,
    token: Option<&BearerToken>,
) -> Result<(), ErrorResponse> {
    match token {
        Some(token) if !token.is_in(req) => Err(ErrorResponse::new(
            StatusCode::UNAUTHORIZED,
            "a bearer token is required",
        )),
        None if req.may_be_of_website() => Err(ErrorResponse::new(
            StatusCode::FORBIDDEN,
            "not for a website",
        )),
        _ => Ok(()),
    }
}

// === impl ErrorResponse ===

impl ErrorResponse {
    pub(super) fn new(status: StatusCode, reason: impl fmt::Display) -> Self {
        Self(status, reason.to_string())
    }

    fn bad_request(reason: impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }
}

/// Returns the new value and the time of the change.
fn parameters(req: RequestHead<'_>, name: &str) -> Result<(String, Duration), ErrorResponse> {
    let (mut value, mut seconds) = (None, DEFAULT_SECONDS);
    let query = req.uri.query().unwrap_or_default();
    for (key, text_of_value) in form_urlencoded::parse(query.as_bytes()) {
        if key == name {
            value = Some(text_of_value.into_owned());
        } else if key == "seconds" {
            let parsed = text_of_value.parse().ok().filter(|seconds| *seconds > 0);
            let problem = "`seconds`: not a positive number";
            seconds = parsed.ok_or_else(|| ErrorResponse::bad_request(problem))?;
        } else {
            let problem = format_args!("`{}`: unknown", key.escape_default());
            return Err(ErrorResponse::bad_request(problem));
        }
    }
    let missing = || ErrorResponse::bad_request(format_args!("`{name}` is missing"));
    Ok((value.ok_or_else(missing)?, Duration::from_secs(seconds)))
}

pub(super) fn text(status: StatusCode, mut body: String) -> Response<Full<Bytes>> {
    body.push('\n');
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, plain);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = HeaderValue::from_static("GET, HEAD, PUT, DELETE");
        headers.insert(ALLOW, allowed);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

// === impl Setting ===

impl Setting for FilterHandle {
    const PARAMETER: &'static str = "filter";

    fn current(&self) -> String {
        self.filter()
    }

    fn set(&self, value: &str, time: Duration) -> Result<(), ConfigError> {
        self.set_temporarily(value, time)
    }

    fn revert(&self) {
        Self::revert(self);
    }
}

impl Setting for ReplaceableSampler {
    const PARAMETER: &'static str = "ratio";

    fn current(&self) -> String {
        let sampler = if self.is_replaced() {
            "replaced"
        } else {
            "original"
        };
        sampler.to_owned()
    }

    fn set(&self, value: &str, time: Duration) -> Result<(), ConfigError> {
        let ratio: Option<f64> = value.parse().ok();
        let ratio = ratio.filter(|ratio| (0.0..=1.0).contains(ratio));
        let invalid = || ConfigError::new("ratio", "not a number from 0 to 1");
        let sampler = TraceIdRatio::new(ratio.ok_or_else(invalid)?);
        self.replace_temporarily(ParentBased::new(sampler), time);
        Ok(())
    }

    fn revert(&self) {
        Self::revert(self);
    }
}
