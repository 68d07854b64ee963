//! The services of the matrix.

use std::convert::Infallible;
use std::future::pending;

use axum::Router;
use axum::routing::any;
use bytes::Bytes;
use gusset_testkit::ScriptedBody;
use http::{Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower::util::BoxCloneService;

use crate::cases::{Answer, Asks, Case, Stay};
use crate::panics::EXPECTED;

/// The error of anybody.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of any answer.
pub type AnyBody = UnsyncBoxBody<Bytes, BoxError>;

/// The service of a case, before it is wrapped, for a hyper server.
pub type CaseService = BoxCloneService<Request<Incoming>, Response<AnyBody>, BoxError>;

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

/// The service of a case, for a hyper server.
pub fn service(case: Case) -> (CaseService, Entered) {
    let (enter, entered) = unbounded_channel();
    let service = tower::service_fn(move |req: Request<Incoming>| answer(case, enter.clone(), req));
    (BoxCloneService::new(service), Entered(entered))
}

/// The service of a case, as a router with one route.
pub fn router(case: Case) -> (Router, Entered) {
    let (enter, entered) = unbounded_channel();
    let handler = any(move |req: axum::extract::Request| async move {
        match answer(case, enter, req).await {
            Ok(res) => Ok::<_, Infallible>(res.map(axum::body::Body::new)),
            Err(_) => unreachable!("not applicable: see `expected`"),
        }
    });
    (Router::new().route("/", handler), Entered(entered))
}

impl Entered {
    /// Waits until the service has been called.
    pub async fn wait(&mut self) {
        self.0
            .recv()
            .await
            .expect("the service says when it is called");
    }
}

async fn answer<B>(
    case: Case,
    enter: UnboundedSender<()>,
    req: Request<B>,
) -> Result<Response<AnyBody>, BoxError>
where
    B: Body<Error: Into<BoxError>>,
{
    if case.asks == Asks::PostRead {
        let Ok(read) = req.into_body().collect().await else {
            panic!("the client sends all of its request");
        };
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
        Answer::ServiceError => return Err("no answer today".into()),
        _ => {}
    }
    let mut res = Response::new(body(case));
    match case.answer {
        Answer::NoContent => *res.status_mut() = StatusCode::NO_CONTENT,
        Answer::NotModified => *res.status_mut() = StatusCode::NOT_MODIFIED,
        Answer::LengthStream => {
            let length = FIRST.len() + REST.len();
            res.headers_mut()
                .insert(header::CONTENT_LENGTH, length.into());
        }
        // HTTP/1 sends the trailers that were announced, and no others.
        Answer::Trailers => {
            res.headers_mut()
                .insert(header::TRAILER, TRAILER.0.parse().expect("a token"));
        }
        _ => {}
    }
    Ok(res)
}

fn body(case: Case) -> AnyBody {
    // Pending, so that the first piece is on its way before the second step is taken.
    let stream = ScriptedBody::new().silent_end().data(FIRST).pending();
    let stream = match (case.answer, case.stay) {
        (Answer::Full, _) => return boxed(Full::from(full())),
        (Answer::Empty | Answer::NoContent | Answer::NotModified, _) => {
            return boxed(Empty::new());
        }
        (_, Stay::LeavesMidBody) => stream.stall(),
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
