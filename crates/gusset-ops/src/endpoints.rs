//! The page and its data, on a management server.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use gusset_core::ConfigError;
use gusset_data::{SharedStr, StateTree};
use gusset_http::{Endpoint, Mount, Reach, RequestHead, Routes};
use http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use crate::access::{self, Rejection};
use crate::operations::Operations;
use crate::tasks::{Ran, Task};
use crate::{TARGET, page, sections};

/// The path of the page.
const PAGE: &str = "/ops";

/// The path of the data: all sections, and each below it.
const DATA: &str = "/ops/api";

type Answer = Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>;

/// The endpoints of the page. Created by [`Operations::endpoints`].
///
/// | path | what |
/// |---|---|
/// | `/ops` | the page; as text for `Accept: text/plain`, and as JSON for `application/json` |
/// | `/ops/api` | all sections as JSON |
/// | `/ops/api/NAME` | one section as JSON |
/// | `/ops/openapi.json` | what is served, as OpenAPI |
/// | `/ops/tasks/NAME?confirm=NAME` | runs a task, by `POST` |
///
/// On the network they are served only with a [token](crate::OperationsBuilder::token); without one they are left out, with
/// a log event at `WARN`. On the loopback interface without a token, requests that a browser may have sent for a
/// website are refused: those with an `Origin`, and those to a host name that is not `localhost`.
#[derive(Clone, Debug)]
pub struct Endpoints {
    operations: Operations,
}

/// What one path serves.
#[derive(Clone)]
enum Served {
    Page,
    All,
    Section(SharedStr),
    Description,
    Task(Arc<Task>),
}

#[derive(Clone)]
struct View {
    operations: Operations,
    served: Served,
}

/// The formats in which the page can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Html,
    Text,
    Json,
}

impl Operations {
    /// Returns the endpoints for the management server.
    ///
    /// ```
    /// use gusset_http::{Mount, Reach, Routes};
    ///
    /// # fn main() -> Result<(), gusset_ops::ConfigError> {
    /// let operations = gusset_ops::Operations::builder("shop").build()?;
    /// let routes = operations.endpoints().mount(Routes::new(), Reach::Loopback)?;
    /// assert!(routes.paths().any(|path| path == "/ops"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn endpoints(&self) -> Endpoints {
        Endpoints {
            operations: self.clone(),
        }
    }
}

// === impl Endpoints ===

impl Mount for Endpoints {
    fn mount(&self, routes: Routes, reach: Reach) -> Result<Routes, ConfigError> {
        let shared = self.operations.shared();
        if reach != Reach::Loopback && shared.token.is_none() {
            tracing::warn!(target: TARGET, "the operations page needs a token on the network, and is left out");
            return Ok(routes);
        }
        let mut paths = vec![
            (PAGE.to_owned(), Served::Page),
            (DATA.to_owned(), Served::All),
            (format!("{PAGE}/openapi.json"), Served::Description),
        ];
        for (id, _) in sections::heads(shared) {
            paths.push((format!("{DATA}/{id}"), Served::Section(id)));
        }
        for task in &shared.tasks {
            let path = format!("{PAGE}/tasks/{}", task.name());
            paths.push((path, Served::Task(task.clone())));
        }
        let mut paths = paths.into_iter();
        paths.try_fold(routes, |routes, (path, served)| {
            let operations = self.operations.clone();
            routes.route(path, View { operations, served })
        })
    }
}

// === impl View ===

impl Endpoint for View {
    type Future = Answer;

    fn answer(&self, req: RequestHead<'_>) -> Answer {
        let response = match self.respond(req) {
            Ok(response) => response,
            Err(task) => {
                let confirmed = is_confirmed(req, task.name());
                return Box::pin(run(task, confirmed));
            }
        };
        Box::pin(std::future::ready(response))
    }
}

impl View {
    /// Returns the response, or the task to run.
    fn respond(&self, req: RequestHead<'_>) -> Result<Response<Full<Bytes>>, Arc<Task>> {
        let shared = self.operations.shared();
        if let Err(rejection) = access::check(shared.token.as_deref(), req) {
            return Ok(self.rejected(&rejection, req));
        }
        let is_read = matches!(*req.method, Method::GET | Method::HEAD);
        match &self.served {
            Served::Task(task) if *req.method == Method::POST => Err(task.clone()),
            Served::Task(_) => Ok(not_allowed("POST")),
            _ if !is_read => Ok(not_allowed("GET, HEAD")),
            Served::Page => Ok(match format(req) {
                Format::Html => html(StatusCode::OK, self.operations.to_html()),
                Format::Text => text(StatusCode::OK, self.operations.to_text()),
                Format::Json => json(&self.operations.to_state()),
            }),
            Served::All => Ok(json(&self.operations.to_state())),
            Served::Section(id) => Ok(json(&sections::state(shared, id))),
            Served::Description => Ok(json(&description(&self.operations))),
        }
    }

    fn rejected(&self, rejection: &Rejection, req: RequestHead<'_>) -> Response<Full<Bytes>> {
        let is_page = matches!(self.served, Served::Page) && format(req) == Format::Html;
        let mut response = match rejection {
            Rejection::Unauthorized if is_page => html(rejection.status(), page::login().into()),
            rejection => text(rejection.status(), format!("{}\n", rejection.reason())),
        };
        if *rejection == Rejection::Unauthorized {
            // RFC 6750, section 3.
            set(&mut response, WWW_AUTHENTICATE, "Bearer");
        }
        response
    }
}

/// Runs a task, and returns how it ended.
async fn run(task: Arc<Task>, is_confirmed: bool) -> Response<Full<Bytes>> {
    if !is_confirmed {
        let problem = format!("`confirm={}` is missing\n", task.name());
        return text(StatusCode::BAD_REQUEST, problem);
    }
    match task.run().await {
        Ran::Done => text(StatusCode::OK, "done\n"),
        Ran::Failed(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        Ran::Busy => text(StatusCode::CONFLICT, "it is running already\n"),
    }
}

fn is_confirmed(req: RequestHead<'_>, name: &str) -> bool {
    let query = req.uri.query().unwrap_or_default();
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    parameters.any(|(key, value)| key == "confirm" && value == name)
}

/// Returns the format that a client accepts: a browser names `text/html`, and `curl` accepts all.
fn format(req: RequestHead<'_>) -> Format {
    let accepted = req.headers.get(ACCEPT).and_then(|it| it.to_str().ok());
    let accepted = accepted.unwrap_or("*/*");
    match accepted {
        it if it.contains("text/html") => Format::Html,
        it if it.contains("application/json") => Format::Json,
        _ => Format::Text,
    }
}

/// Describes what is served. (OpenAPI 3.1.)
fn description(operations: &Operations) -> StateTree {
    let get = |summary: &str, kind: &'static str| {
        let content = StateTree::fields([(kind, StateTree::fields::<&str>([]))]);
        let ok = StateTree::fields([
            ("description", String::from(summary).into()),
            ("content", content),
        ]);
        StateTree::fields([(
            "get",
            StateTree::fields([
                ("summary", String::from(summary).into()),
                ("responses", StateTree::fields([("200", ok)])),
            ]),
        )])
    };
    let mut paths = vec![
        (PAGE.to_owned(), get("the page", "text/html")),
        (DATA.to_owned(), get("all sections", "application/json")),
    ];
    for (id, title) in sections::heads(operations.shared()) {
        paths.push((format!("{DATA}/{id}"), get(&title, "application/json")));
    }
    StateTree::fields([
        ("openapi", "3.1.0".into()),
        (
            "info",
            StateTree::fields([
                ("title", operations.shared().service.clone().into()),
                ("version", env!("CARGO_PKG_VERSION").into()),
            ]),
        ),
        ("paths", StateTree::fields(paths)),
    ])
}

fn html(status: StatusCode, document: Bytes) -> Response<Full<Bytes>> {
    let mut response = response(status, document, "text/html; charset=utf-8");
    set(&mut response, CONTENT_SECURITY_POLICY, page::POLICY);
    set(&mut response, REFERRER_POLICY, "no-referrer");
    response
}

fn json(state: &StateTree) -> Response<Full<Bytes>> {
    let mut body = serde_json::to_string(state).expect("all keys are texts");
    body.push('\n');
    response(StatusCode::OK, body.into(), "application/json")
}

fn text(status: StatusCode, body: impl Into<String>) -> Response<Full<Bytes>> {
    response(status, body.into().into(), "text/plain; charset=utf-8")
}

fn not_allowed(methods: &'static str) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, format!("{methods}\n"));
    set(&mut response, ALLOW, methods);
    response
}

fn response(status: StatusCode, body: Bytes, kind: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, kind);
    set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut response, CACHE_CONTROL, "no-store");
    response
}

fn set(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &'static str) {
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
}
