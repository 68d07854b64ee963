//! What a handler does, which the path of the request names, and what is to be recorded of it.

use std::convert::Infallible;
use std::future::pending;

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use gusset_testkit::ScriptedBody;
use gusset_tests::panics::EXPECTED;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;

use crate::entered::Entered;

/// What a handler does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Responds with a declared length.
    Text,
    /// Responds with chunks.
    Chunks,
    /// Responds with chunks and trailers.
    Trailers,
    /// Responds without a body.
    NoContent,
    /// Redirects.
    Redirect,
    /// Responds with 404.
    Missing,
    /// Responds with 429.
    RateLimited,
    /// Responds with 500.
    Broken,
    /// Panics before it responds.
    Panics,
    /// Panics in the body.
    BodyPanics,
    /// The body fails.
    BodyFails,
    /// The body is shorter than declared.
    BodyIsShort,
    /// Reads the request body and responds with its length.
    Upload,
    /// Responds without reading the request body.
    Unread,
    /// Exceeds the timeout of a layer.
    TimesOut,
    /// Never responds. Its client leaves.
    Never,
    /// Responds with a body that does not end. Its client leaves.
    Streaming,
}

use Behaviour::*;

impl Behaviour {
    pub(crate) const ALL: [Self; 17] = [
        Text,
        Chunks,
        Trailers,
        NoContent,
        Redirect,
        Missing,
        RateLimited,
        Broken,
        Panics,
        BodyPanics,
        BodyFails,
        BodyIsShort,
        Upload,
        Unread,
        TimesOut,
        Never,
        Streaming,
    ];

    /// Returns the last segment of the path.
    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Returns whether a client may send HEAD.
    pub(crate) fn allows_head(self) -> bool {
        matches!(self, Text | Redirect | Missing | Broken)
    }

    /// Returns the path for this call.
    pub(crate) fn path(self, id: &str) -> String {
        let router = if self == TimesOut { "slow" } else { "v1" };
        format!("/api/{router}/{id}/{}", self.name())
    }

    /// Returns whether the request has a body.
    pub(crate) fn has_request_body(self) -> bool {
        matches!(self, Upload | Unread)
    }

    /// Returns the outcome and the status that a server records.
    pub(crate) fn expected(self) -> (&'static str, Option<u64>) {
        match self {
            Text | Chunks | Trailers | Upload | Unread => ("success", Some(200)),
            NoContent => ("success", Some(204)),
            Redirect => ("success", Some(302)),
            Missing => ("client_error", Some(404)),
            RateLimited => ("client_error", Some(429)),
            Broken => ("server_error", Some(500)),
            TimesOut => ("server_error", Some(504)),
            Panics => ("server_error", None),
            BodyPanics | BodyFails | BodyIsShort => ("server_error", Some(200)),
            Never => ("cancelled", None),
            Streaming => ("cancelled", Some(200)),
        }
    }
}

/// Handles a request by the last segment of its path. Reports that it is called.
pub(crate) async fn respond(
    entered: Entered,
    Path((item, name)): Path<(String, String)>,
    request: Request<Body>,
) -> Response {
    let behaviour = Behaviour::ALL.into_iter().find(|one| one.name() == name);
    tracing::info!(name, "handled");
    entered.report(&item);
    let response = |status: StatusCode, body: Body| {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        response
    };
    let ok = |body: ScriptedBody| response(StatusCode::OK, Body::new(body));
    let chunk = |at: usize| Ok::<_, Infallible>(format!("chunk {at}, "));
    match behaviour.expect("clients of this test request what there is") {
        Text | Unread => response(StatusCode::OK, "a text".into()),
        Chunks => {
            let chunks = stream::iter((0..3).map(chunk));
            response(StatusCode::OK, Body::from_stream(chunks))
        }
        Trailers => ok(ScriptedBody::new().data("a chunk").trailers("sum", "7")),
        NoContent => response(StatusCode::NO_CONTENT, Body::empty()),
        Redirect => response(StatusCode::FOUND, Body::empty()),
        Missing => response(StatusCode::NOT_FOUND, "nothing here".into()),
        RateLimited => response(StatusCode::TOO_MANY_REQUESTS, Body::empty()),
        Broken => response(StatusCode::INTERNAL_SERVER_ERROR, "it is broken".into()),
        Panics => panic!("{EXPECTED}"),
        BodyPanics => ok(ScriptedBody::new().data("a chunk").pending().panic()),
        BodyFails => ok(ScriptedBody::new().data("a chunk").pending().error()),
        BodyIsShort => {
            let mut response = ok(ScriptedBody::new().data("a chunk").pending());
            let length = header::HeaderValue::from(100);
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length);
            response
        }
        Upload => match request.into_body().collect().await {
            Ok(body) => response(StatusCode::OK, body.to_bytes().len().to_string().into()),
            Err(_) => response(StatusCode::BAD_REQUEST, Body::empty()),
        },
        TimesOut | Never => pending().await,
        Streaming => {
            let chunks = stream::iter([chunk(0)]).chain(stream::pending());
            response(StatusCode::OK, Body::from_stream(chunks))
        }
    }
}
