//! The response to a request.

use std::future::ready;
use std::sync::Arc;

use gusset_http::{Endpoint, EndpointBody, RequestHead};
#[cfg(feature = "incident")]
use gusset_incident::ReportFormat;
use http::header::{ACCEPT, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, Response, StatusCode};

use super::response::{bad_request, html, json, json_text, not_allowed, response, set, text};
use super::{Answer, Served, View, description};
use crate::access::{self, Rejection};
use crate::query::Query;
use crate::settings::{Change, Setting};
use crate::streams::{Place, Viewer};
#[cfg(feature = "incident")]
use crate::streams::{Records, Signal, Source};
use crate::tasks::{Ran, Task};
use crate::{page, sections};

/// The formats in which the page can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Html,
    Text,
    Json,
}

/// A response, or what returns it later.
enum Reply {
    Now(Response<EndpointBody>),
    Later(Answer),
}

// === impl View ===

impl Endpoint for View {
    type Future = Answer;

    fn answer(&self, req: RequestHead<'_>) -> Answer {
        match self.respond(req) {
            Reply::Now(response) => Box::pin(ready(response)),
            Reply::Later(response) => response,
        }
    }
}

impl View {
    fn respond(&self, req: RequestHead<'_>) -> Reply {
        let token = self.operations.shared().token.as_deref();
        let (is_change, methods) = match self.served {
            Served::Task(_) | Served::Setting(_) => (true, "POST"),
            _ => (false, "GET, HEAD"),
        };
        let allowed = match is_change {
            true => access::check_change(token, req),
            false => access::check(token, req),
        };
        if let Err(rejection) = allowed {
            return Reply::Now(self.rejected(&rejection, req));
        }
        if !methods.split(", ").any(|it| it == req.method.as_str()) {
            return Reply::Now(not_allowed(methods));
        }
        match &self.served {
            Served::Task(task) => match is_confirmed(req, task.name()) {
                true => Reply::Later(Box::pin(run(task.clone()))),
                false => Reply::Now(unconfirmed(task.name())),
            },
            Served::Setting(setting) => Reply::Now(change(setting, req)),
            #[cfg(feature = "incident")]
            Served::Report => self.report(req),
            _ => Reply::Now(self.read(req).unwrap_or_else(bad_request)),
        }
    }

    /// Returns what is read, or the problem of the query.
    fn read(&self, req: RequestHead<'_>) -> Result<Response<EndpointBody>, String> {
        let shared = self.operations.shared();
        Ok(match &self.served {
            Served::Page => match format(req) {
                Format::Html => html(StatusCode::OK, self.operations.to_html()),
                Format::Text => text(StatusCode::OK, self.operations.to_text()),
                Format::Json => json(&self.operations.to_state()),
            },
            Served::Live => self.live(req),
            Served::Section(id, title) => {
                let query = Query::parse(req.uri.query().unwrap_or_default())?;
                match format(req) {
                    Format::Html => {
                        let head = (id.clone(), title.clone());
                        let mut content = String::new();
                        page::content(&mut content, &sections::section(shared, head, &query));
                        html(StatusCode::OK, content)
                    }
                    Format::Text | Format::Json => json(&sections::state(shared, id, &query)),
                }
            }
            #[cfg(feature = "incident")]
            Served::Otlp(signal) => self.otlp(*signal, req)?,
            Served::Description => json_text(description::openapi(&self.operations)),
            _ => json(&self.operations.to_state()),
        })
    }

    fn live(&self, req: RequestHead<'_>) -> Response<EndpointBody> {
        self.stream(req, "text/event-stream", |place| {
            EndpointBody::stream(Viewer::new(place))
        })
    }

    #[cfg(feature = "incident")]
    fn otlp(&self, signal: Signal, req: RequestHead<'_>) -> Result<Response<EndpointBody>, String> {
        const LINES: &str = "application/x-ndjson";
        let shared = self.operations.shared();
        let query = Query::parse(req.uri.query().unwrap_or_default())?;
        let recorder = shared.recorder.clone();
        let recorder = recorder.expect("the path is there with a recorder only");
        let mut source = Source::new(recorder, signal, query);
        if accepts(req, LINES) {
            return Ok(self.stream(req, LINES, |place| {
                EndpointBody::stream(Records::new(place, source))
            }));
        }
        let request = source.read(shared);
        Ok(json_text(
            request.map_or_else(|| "{}".to_owned(), |it| it.to_string()),
        ))
    }

    /// Returns a stream, if there is a place for one more client.
    fn stream(
        &self,
        req: RequestHead<'_>,
        kind: &'static str,
        body: impl FnOnce(Place) -> EndpointBody,
    ) -> Response<EndpointBody> {
        if *req.method == Method::HEAD {
            return response(StatusCode::OK, EndpointBody::from(""), kind);
        }
        match Place::take(&self.operations) {
            Some(place) => response(StatusCode::OK, body(place), kind),
            None => {
                let mut response = text(StatusCode::SERVICE_UNAVAILABLE, "too many viewers\n");
                set(&mut response, RETRY_AFTER, "10");
                response
            }
        }
    }

    #[cfg(feature = "incident")]
    fn report(&self, req: RequestHead<'_>) -> Reply {
        let (mut id, mut report_format) = (None, ReportFormat::Markdown);
        let query = req.uri.query().unwrap_or_default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*key, &*value) {
                ("id", value) => id = Some(value.to_owned()),
                ("format", "md") => report_format = ReportFormat::Markdown,
                ("format", "json") => report_format = ReportFormat::Json,
                (key, _) => {
                    let problem = format_args!("`{}`: not valid", key.escape_default());
                    return Reply::Now(bad_request(problem));
                }
            }
        }
        let Some(id) = id else {
            return Reply::Now(bad_request("`id` is missing"));
        };
        let reports = self.operations.shared().incidents.as_ref();
        let Some(read) = reports.and_then(|reports| reports.read(id, report_format)) else {
            let busy = StatusCode::SERVICE_UNAVAILABLE;
            return Reply::Now(text(busy, "no thread to read it\n"));
        };
        Reply::Later(Box::pin(async move {
            match (read.await, report_format) {
                (Ok(Ok(report)), ReportFormat::Json) => json_text(report),
                (Ok(Ok(report)), ReportFormat::Markdown) => text(StatusCode::OK, report),
                _ => text(StatusCode::NOT_FOUND, "no report has this id\n"),
            }
        }))
    }

    fn rejected(&self, rejection: &Rejection, req: RequestHead<'_>) -> Response<EndpointBody> {
        let is_page = matches!(self.served, Served::Page) && format(req) == Format::Html;
        let mut response = match rejection {
            Rejection::Unauthorized if is_page => html(rejection.status(), page::login()),
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
async fn run(task: Arc<Task>) -> Response<EndpointBody> {
    match task.run().await {
        Ran::Done => text(StatusCode::OK, "done\n"),
        Ran::Failed(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        Ran::Busy => text(StatusCode::CONFLICT, "it is running already\n"),
    }
}

/// Changes a setting, and returns the value that applies.
fn change(setting: &Setting, req: RequestHead<'_>) -> Response<EndpointBody> {
    if !is_confirmed(req, setting.name()) {
        return unconfirmed(setting.name());
    }
    let change = match Change::of_query(req.uri.query().unwrap_or_default()) {
        Ok(change) => change,
        Err(problem) => return bad_request(problem),
    };
    match setting.apply(&change) {
        Ok(()) => text(StatusCode::OK, setting.current().to_string()),
        Err(error) => bad_request(error),
    }
}

fn unconfirmed(name: &str) -> Response<EndpointBody> {
    bad_request(format_args!("`confirm={name}` is missing"))
}

fn is_confirmed(req: RequestHead<'_>, name: &str) -> bool {
    let query = req.uri.query().unwrap_or_default();
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    parameters.any(|(key, value)| key == "confirm" && value == name)
}

/// Returns the format that a client accepts: a browser names `text/html`, and `curl` accepts all.
fn format(req: RequestHead<'_>) -> Format {
    match () {
        () if accepts(req, "text/html") => Format::Html,
        () if accepts(req, "application/json") => Format::Json,
        () => Format::Text,
    }
}

fn accepts(req: RequestHead<'_>, kind: &str) -> bool {
    let accepted = req.headers.get(ACCEPT).and_then(|it| it.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains(kind))
}
