//! The endpoints by which the management server controls the injection of faults, with a token.
//!
//! | request | does |
//! |---|---|
//! | `GET /chaos` | returns the [`Status`](crate::Status) |
//! | `PUT /chaos/arm?seconds=60` | arms; `dry_run=true` only counts, `allow_production=<reason in words>` |
//! | `DELETE /chaos/arm` | disarms |
//! | `GET /chaos/rules` | returns the rules |
//! | `PUT /chaos/rules?rules=<JSON>` | replaces the rules |
//! | `GET /chaos/log` | returns the [`ReplayLog`](crate::ReplayLog) |
//! | `PUT /chaos/kill` | switches off for the life of the process |
//!
//! All responses are JSON. Each request needs `Authorization: Bearer <token>`, on every address.
//!
//! ```sh
//! curl -H "authorization: Bearer $TOKEN" -X PUT '127.0.0.1:9464/chaos/arm?seconds=60&dry_run=true'
//! curl -H "authorization: Bearer $TOKEN" -X PUT -G 127.0.0.1:9464/chaos/rules --data-urlencode rules@rules.json
//! ```

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gusset_core::ConfigError;
use gusset_http::{BearerToken, Endpoint, Mount, Reach, RequestHead, Routes};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

use crate::{Arming, Chaos, RuleSet};

/// The endpoints, for a management server.
///
/// ```
/// use gusset_chaos::Chaos;
/// use gusset_chaos::control::ChaosControl;
/// use gusset_http::{BearerToken, Mount, Reach, Routes};
/// use std::sync::Arc;
///
/// # fn main() -> Result<(), gusset_chaos::ConfigError> {
/// let chaos = Chaos::builder().build_with(|_| None)?;
/// let token = BearerToken::new("controls_token", "0123456789abcdef")?;
/// let control = ChaosControl::new(chaos, Arc::new(token));
/// let routes = control.mount(Routes::new(), Reach::Network)?;
/// assert_eq!(routes.paths().count(), 5);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ChaosControl {
    chaos: Chaos,
    token: Arc<BearerToken>,
}

/// One endpoint.
struct Control {
    chaos: Chaos,
    token: Arc<BearerToken>,
    path: Path,
}

#[derive(Clone, Copy)]
enum Path {
    Status,
    Arm,
    Rules,
    Log,
    Kill,
}

/// Why a request is not served.
struct ErrorResponse(StatusCode, String);

/// The time of an arming that names none, in seconds.
const DEFAULT_SECONDS: u64 = 600;

// === impl ChaosControl ===

impl ChaosControl {
    /// Creates the endpoints, which require this token.
    pub fn new(chaos: Chaos, token: Arc<BearerToken>) -> Self {
        Self { chaos, token }
    }
}

impl Mount for ChaosControl {
    fn mount(&self, routes: Routes, _: Reach) -> Result<Routes, ConfigError> {
        let paths = [Path::Status, Path::Arm, Path::Rules, Path::Log, Path::Kill];
        paths.into_iter().try_fold(routes, |routes, path| {
            let (chaos, token) = (self.chaos.clone(), self.token.clone());
            routes.route(path.as_str(), Control { chaos, token, path })
        })
    }
}

// === impl Path ===

impl Path {
    fn as_str(self) -> &'static str {
        match self {
            Self::Status => "/chaos",
            Self::Arm => "/chaos/arm",
            Self::Rules => "/chaos/rules",
            Self::Log => "/chaos/log",
            Self::Kill => "/chaos/kill",
        }
    }

    fn methods(self) -> &'static str {
        match self {
            Self::Status | Self::Log => "GET, HEAD",
            Self::Arm => "PUT, DELETE",
            Self::Rules => "GET, HEAD, PUT",
            Self::Kill => "PUT",
        }
    }
}

// === impl Control ===

impl Endpoint for Control {
    type Future = Ready<Response<Full<Bytes>>>;

    fn answer(&self, req: RequestHead<'_>) -> Self::Future {
        ready(match self.respond(req) {
            Ok(body) => self.json(StatusCode::OK, body),
            Err(ErrorResponse(status, reason)) => {
                self.json(status, to_json(&serde_json::json!({ "error": reason })))
            }
        })
    }
}

impl Control {
    fn respond(&self, req: RequestHead<'_>) -> Result<String, ErrorResponse> {
        if !self.token.is_in(req) {
            let reason = "a bearer token is required".to_owned();
            return Err(ErrorResponse(StatusCode::UNAUTHORIZED, reason));
        }
        let chaos = &self.chaos;
        let is_read = [Method::GET, Method::HEAD].contains(req.method);
        match (self.path, req.method) {
            (Path::Status, _) if is_read => {}
            (Path::Rules, _) if is_read => return Ok(chaos.rules().to_json()),
            (Path::Log, _) if is_read => return Ok(to_json(&chaos.replay_log())),
            (Path::Arm, &Method::PUT) => {
                let armed = chaos.arm(arming(req)?);
                armed.map_err(|error| ErrorResponse(StatusCode::CONFLICT, error.to_string()))?;
            }
            (Path::Arm, &Method::DELETE) => {
                chaos.disarm();
            }
            (Path::Rules, &Method::PUT) => {
                chaos.set_rules(rules(req)?);
                return Ok(chaos.rules().to_json());
            }
            (Path::Kill, &Method::PUT) => chaos.kill(),
            _ => {
                let status = StatusCode::METHOD_NOT_ALLOWED;
                return Err(ErrorResponse(status, self.path.methods().to_owned()));
            }
        }
        Ok(to_json(&chaos.status()))
    }

    fn json(&self, status: StatusCode, mut body: String) -> Response<Full<Bytes>> {
        body.push('\n');
        let mut response = Response::new(Full::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static(self.path.methods()));
        }
        response
    }
}

fn arming(req: RequestHead<'_>) -> Result<Arming, ErrorResponse> {
    let (mut seconds, mut is_dry_run, mut reason) = (DEFAULT_SECONDS, false, None);
    for (key, value) in parameters(req) {
        match &*key {
            "seconds" => {
                let parsed = value.parse();
                seconds = parsed.map_err(|_| bad_request("`seconds`: not a whole number"))?;
            }
            "dry_run" => {
                let parsed = value.parse();
                is_dry_run =
                    parsed.map_err(|_| bad_request("`dry_run`: neither `true` nor `false`"))?;
            }
            "allow_production" => reason = Some(value.into_owned()),
            _ => return Err(unknown(&key)),
        }
    }
    let mut arming = Arming::for_at_most(Duration::from_secs(seconds));
    if is_dry_run {
        arming = arming.dry_run();
    }
    if let Some(reason) = reason {
        arming = arming.allow_production(reason);
    }
    Ok(arming)
}

fn rules(req: RequestHead<'_>) -> Result<RuleSet, ErrorResponse> {
    let mut rules = None;
    for (key, value) in parameters(req) {
        match &*key {
            "rules" => rules = Some(RuleSet::from_json(&value).map_err(bad_request)?),
            _ => return Err(unknown(&key)),
        }
    }
    rules.ok_or_else(|| bad_request("`rules` is missing"))
}

fn parameters(req: RequestHead<'_>) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(req.uri.query().unwrap_or_default().as_bytes())
}

fn unknown(key: &str) -> ErrorResponse {
    bad_request(format_args!("`{}`: unknown", key.escape_default()))
}

fn bad_request(reason: impl fmt::Display) -> ErrorResponse {
    ErrorResponse(StatusCode::BAD_REQUEST, reason.to_string())
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("all keys are texts")
}
