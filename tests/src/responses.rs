//! The responses of the service of the matrix.

use std::future::pending;

use gusset_testkit::ScriptedBody;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Full};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::bodies::{AnyBody, BoxError, boxed};
use crate::cases::{Case, Disconnect, RequestCase, ResponseCase};
use crate::panics::EXPECTED;
use crate::stack::Handler;

/// The first chunk of every stream.
pub const FIRST_CHUNK: &str = "the first chunk, ";

/// The second chunk of a stream that has two.
pub const SECOND_CHUNK: &str = "the rest";

/// The chunks of the request body of a `POST`.
pub const REQUEST_CHUNKS: [&str; 2] = ["a request ", "in chunks"];

/// The name and value of the only trailer.
pub const TRAILER: (&str, &str) = ("checksum", "of-a-kind");

/// Reports that a handler was called, and has read as much of the request as it will read.
#[derive(Debug)]
pub struct Entered(UnboundedReceiver<()>);

/// Returns the handler of a case.
pub fn handler(case: Case) -> (impl Handler, Entered) {
    let (enter, entered) = Entered::new();
    let handler = move |req| respond(case, enter.clone(), req);
    (handler, entered)
}

impl Entered {
    /// Creates a sender for the handler, and the receiver.
    pub fn new() -> (UnboundedSender<()>, Self) {
        let (enter, entered) = unbounded_channel();
        (enter, Self(entered))
    }

    /// Waits until the handler is called.
    pub async fn wait(&mut self) {
        self.0.recv().await.expect("the handler is called");
    }
}

async fn respond(
    case: Case,
    enter: UnboundedSender<()>,
    req: Request<AnyBody>,
) -> Result<Response<AnyBody>, BoxError> {
    if case.request == RequestCase::PostRead {
        let read = req.into_body().collect().await?;
        assert_eq!(read.to_bytes(), REQUEST_CHUNKS.concat());
    } else {
        drop(req);
    }
    // The receiver is gone if the client does not wait for it.
    let _ = enter.send(());
    if case.disconnect == Disconnect::BeforeHeaders {
        pending::<()>().await;
    }
    match case.response {
        ResponseCase::HandlerPanic => panic!("{EXPECTED}"),
        ResponseCase::ServiceError => Err("no response".into()),
        _ => Ok(response(case)),
    }
}

/// Returns the response of a case that has one.
pub fn response(case: Case) -> Response<AnyBody> {
    let mut res = Response::new(body(case));
    match case.response {
        ResponseCase::NoContent => *res.status_mut() = StatusCode::NO_CONTENT,
        ResponseCase::NotModified => *res.status_mut() = StatusCode::NOT_MODIFIED,
        ResponseCase::LengthStream => {
            res.headers_mut()
                .insert(header::CONTENT_LENGTH, full_body().len().into());
        }
        // HTTP/1 sends only trailers that were announced.
        ResponseCase::Trailers => {
            res.headers_mut()
                .insert(header::TRAILER, TRAILER.0.parse().expect("a token"));
        }
        _ => {}
    }
    res
}

fn body(case: Case) -> AnyBody {
    // Pending, so that the first chunk is sent before the next step.
    let stream = ScriptedBody::new()
        .without_end_hint()
        .data(FIRST_CHUNK)
        .pending();
    let stream = match (case.response, case.disconnect) {
        (ResponseCase::Full, _) => return boxed(Full::from(full_body())),
        (ResponseCase::Empty | ResponseCase::NoContent | ResponseCase::NotModified, _) => {
            return boxed(Empty::new());
        }
        (_, Disconnect::DuringBody) => stream.pend_forever(),
        (ResponseCase::Trailers, _) => stream.data(SECOND_CHUNK).trailers(TRAILER.0, TRAILER.1),
        (ResponseCase::BodyError, _) => stream.error(),
        (ResponseCase::BodyPanic, _) => stream.panic(),
        _ => stream.data(SECOND_CHUNK),
    };
    boxed(stream)
}

/// Returns the content of a complete body.
pub fn full_body() -> String {
    [FIRST_CHUNK, SECOND_CHUNK].concat()
}
