//! What the service of the matrix answers.

use std::future::pending;

use bytes::Bytes;
use gusset_testkit::ScriptedBody;
use http::{Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::cases::{Answer, Asks, Case, Stay};
use crate::panics::EXPECTED;
use crate::stack::Handler;

/// The error of anybody.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of any answer.
pub type AnyBody = UnsyncBoxBody<Bytes, BoxError>;

/// The first piece of every stream.
pub const FIRST: &str = "the first piece, ";

/// The second piece of every stream that has one.
pub const REST: &str = "the rest";

/// What a `POST` carries, in pieces.
pub const REQUEST: [&str; 2] = ["a request ", "in pieces"];

/// The name and the value of the trailers' one field.
pub const TRAILER: (&str, &str) = ("checksum", "of-a-kind");

/// Says when the service of a case has been called and has read what it reads of the request.
#[derive(Debug)]
pub struct Entered(UnboundedReceiver<()>);

/// The handler of a case.
pub fn handler(case: Case) -> (impl Handler, Entered) {
    let (enter, entered) = Entered::new();
    let handler = move |req| answer(case, enter.clone(), req);
    (handler, entered)
}

impl Entered {
    /// What a service says it with, and what hears it.
    pub fn new() -> (UnboundedSender<()>, Self) {
        let (enter, entered) = unbounded_channel();
        (enter, Self(entered))
    }

    /// Waits until the service has been called.
    pub async fn wait(&mut self) {
        self.0
            .recv()
            .await
            .expect("the service says when it is called");
    }
}

async fn answer(
    case: Case,
    enter: UnboundedSender<()>,
    req: Request<AnyBody>,
) -> Result<Response<AnyBody>, BoxError> {
    if case.asks == Asks::PostRead {
        let read = req.into_body().collect().await?;
        assert_eq!(read.to_bytes(), REQUEST.concat());
    } else {
        drop(req);
    }
    // Nobody listens in the cases whose clients do not wait for it.
    let _ = enter.send(());
    if case.stay == Stay::LeavesBeforeHead {
        pending::<()>().await;
    }
    match case.answer {
        Answer::HandlerPanic => panic!("{EXPECTED}"),
        Answer::ServiceError => Err("no answer today".into()),
        _ => Ok(response(case)),
    }
}

/// The response of a case that has one.
pub fn response(case: Case) -> Response<AnyBody> {
    let mut res = Response::new(body(case));
    match case.answer {
        Answer::NoContent => *res.status_mut() = StatusCode::NO_CONTENT,
        Answer::NotModified => *res.status_mut() = StatusCode::NOT_MODIFIED,
        Answer::LengthStream => {
            res.headers_mut()
                .insert(header::CONTENT_LENGTH, full().len().into());
        }
        // HTTP/1 sends the trailers that were announced, and no others.
        Answer::Trailers => {
            res.headers_mut()
                .insert(header::TRAILER, TRAILER.0.parse().expect("a token"));
        }
        _ => {}
    }
    res
}

fn body(case: Case) -> AnyBody {
    // Pending, so that the first piece is on its way before the second step is taken.
    let stream = ScriptedBody::new().without_end_hint().data(FIRST).pending();
    let stream = match (case.answer, case.stay) {
        (Answer::Full, _) => return boxed(Full::from(full())),
        (Answer::Empty | Answer::NoContent | Answer::NotModified, _) => {
            return boxed(Empty::new());
        }
        (_, Stay::LeavesMidBody) => stream.pend_forever(),
        (Answer::Trailers, _) => stream.data(REST).trailers(TRAILER.0, TRAILER.1),
        (Answer::BodyError, _) => stream.error(),
        (Answer::BodyPanic, _) => stream.panic(),
        _ => stream.data(REST),
    };
    boxed(stream)
}

/// Any body as the body of an answer.
pub fn boxed<B>(body: B) -> AnyBody
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    body.map_err(Into::into).boxed_unsync()
}

/// All that a body gives that is not broken off.
pub fn full() -> String {
    [FIRST, REST].concat()
}
