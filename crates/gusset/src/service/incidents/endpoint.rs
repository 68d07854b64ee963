//! The reports on the management server.

use std::future::{Ready, ready};
use std::sync::Arc;

use bytes::Bytes;
use gusset_core::ConfigError;
use gusset_http::{BearerToken, Endpoint, Mount, Reach, RequestHead, Routes};
use gusset_incident::{Directory, Trigger};
use http::header::ALLOW;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use super::RunningCell;
use crate::service::controls::{ErrorResponse, authorize, text};

/// `/incidents`: why the run before has ended and which reports there are, and with POST one more. On the network it is served
/// only with a token.
pub(in crate::service) struct IncidentEndpoints {
    pub(super) running: RunningCell,
    pub(super) directory: Directory,
    pub(super) token: Option<Arc<BearerToken>>,
}

// === impl IncidentEndpoints ===

impl Mount for IncidentEndpoints {
    fn mount(&self, routes: Routes, reach: Reach) -> Result<Routes, ConfigError> {
        if reach != Reach::Loopback && self.token.is_none() {
            return Ok(routes);
        }
        let Self {
            running,
            directory,
            token,
        } = self;
        let page = IncidentPage {
            running: Arc::clone(running),
            directory: directory.clone(),
            token: token.clone(),
        };
        routes.route("/incidents", page)
    }
}

struct IncidentPage {
    running: RunningCell,
    directory: Directory,
    token: Option<Arc<BearerToken>>,
}

// === impl IncidentPage ===

impl Endpoint for IncidentPage {
    type Future = Ready<Response<Full<Bytes>>>;

    fn answer(&self, req: RequestHead<'_>) -> Self::Future {
        ready(match self.respond(req) {
            Ok((status, body)) => text(status, body),
            Err(ErrorResponse(status, reason)) => {
                let mut response = text(status, reason);
                if status == StatusCode::METHOD_NOT_ALLOWED {
                    let allowed = HeaderValue::from_static("GET, HEAD, POST");
                    response.headers_mut().insert(ALLOW, allowed);
                }
                response
            }
        })
    }
}

impl IncidentPage {
    fn respond(&self, req: RequestHead<'_>) -> Result<(StatusCode, String), ErrorResponse> {
        authorize(req, self.token.as_deref())?;
        match *req.method {
            Method::GET | Method::HEAD => Ok((StatusCode::OK, self.list())),
            Method::POST => {
                let running = self.running.get();
                let is_taken = running.is_some_and(|running| {
                    let detail = "requested at the management server";
                    running.incidents().request_capture(Trigger::Manual, detail)
                });
                match is_taken {
                    true => Ok((StatusCode::ACCEPTED, "a report is being made".to_owned())),
                    false => Err(ErrorResponse::new(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "reports are not made, or too many were requested",
                    )),
                }
            }
            _ => Err(ErrorResponse::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "GET or POST",
            )),
        }
    }

    fn list(&self) -> String {
        let end = self.running.get().and_then(super::Running::previous_end);
        let end = end.map_or_else(
            || "the run before ended cleanly, or there was none".to_owned(),
            |cause| format!("the run before has ended by {cause}"),
        );
        let reports = self.directory.reports();
        let paths = reports.iter().rev().map(|path| path.display().to_string());
        let lines: Vec<_> = [end].into_iter().chain(paths).collect();
        lines.join("\n")
    }
}
