//! What each case of the matrix has to be called: slow, obvious, and apart from the driver.

use gusset_core::{Outcome, Stage};
use gusset_testkit::RecordedCall;
use gusset_tests::answers::{FIRST, full};
use gusset_tests::cases::{Answer, Asks, Case, Stay};

/// What has to be told of a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expectation {
    pub(crate) end: &'static str,
    pub(crate) stage: Option<Stage>,
    pub(crate) trailers: bool,
    pub(crate) outcome: Outcome,
    pub(crate) status: Option<&'static str>,
    pub(crate) error: Option<&'static str>,
    pub(crate) bytes: u64,
    /// A head was told of, once, and its time.
    pub(crate) head: bool,
    /// The time of the first byte was told.
    pub(crate) first_byte: bool,
    /// The call ended together with its head.
    pub(crate) ended_at_head: bool,
}

/// What has to be told of the call of `case`, which applies.
pub(crate) fn expected(case: Case) -> Expectation {
    // A client that leaves before the head takes the service's future with it, whatever that would
    // have come to: it neither answered nor failed nor unwound.
    if case.stay == Stay::LeavesBeforeHead {
        return Expectation {
            end: "Cancelled",
            stage: Some(Stage::Headers),
            outcome: Outcome::Cancelled,
            ..WITHOUT_HEAD
        };
    }
    // A panic of the handler: no head, so no status; the service's fault.
    if case.answer == Answer::HandlerPanic {
        return Expectation {
            end: "Panicked",
            stage: Some(Stage::Headers),
            outcome: Outcome::ServerError,
            error: Some("panic"),
            ..WITHOUT_HEAD
        };
    }
    // `Err` of the service: no head either. The error has no better name than "other".
    if case.answer == Answer::ServiceError {
        return Expectation {
            end: "Failed",
            stage: Some(Stage::Headers),
            outcome: Outcome::ServerError,
            error: Some("_OTHER"),
            ..WITHOUT_HEAD
        };
    }

    // The response to HEAD, 204 and 304 have no body, so all of them there is has been given with
    // the head. Neither what is in the body nor when the client leaves makes a difference.
    if case.asks == Asks::Head || matches!(case.answer, Answer::NoContent | Answer::NotModified) {
        return complete_at_head(case);
    }
    // The same for a body that says at the head that it is at its end.
    if case.answer == Answer::Empty {
        return complete_at_head(case);
    }
    // A body that says with its only piece that this was the last: handed out whole before the
    // client sees any of it, so the client's leaving later makes no difference.
    if case.answer == Answer::Full {
        return complete(case);
    }

    // What is left are streams. A client that leaves after the first piece leaves a stream that
    // still owes something: it is cancelled, and that says nothing of the service.
    if case.stay == Stay::LeavesMidBody {
        return Expectation {
            end: "Cancelled",
            stage: Some(Stage::Body),
            outcome: Outcome::Cancelled,
            bytes: FIRST.len() as u64,
            ..complete(case)
        };
    }
    match case.answer {
        // HTTP/1 drops the stream as soon as its `content-length` is paid; HTTP/2 asks it for its
        // `None`. It is complete both ways.
        Answer::LengthStream | Answer::ChunkedStream => complete(case),
        Answer::Trailers => Expectation {
            trailers: true,
            ..complete(case)
        },
        // A stream that breaks: its head's status stands, and yet it is the service's fault.
        Answer::BodyError => Expectation {
            end: "Failed",
            stage: Some(Stage::Body),
            outcome: Outcome::ServerError,
            error: Some("_OTHER"),
            bytes: FIRST.len() as u64,
            ..complete(case)
        },
        Answer::BodyPanic => Expectation {
            end: "Panicked",
            stage: Some(Stage::Body),
            outcome: Outcome::ServerError,
            error: Some("panic"),
            bytes: FIRST.len() as u64,
            ..complete(case)
        },
        Answer::Full
        | Answer::Empty
        | Answer::NoContent
        | Answer::NotModified
        | Answer::HandlerPanic
        | Answer::ServiceError => unreachable!("decided above"),
    }
}

/// What was told of a call, in the terms of an expectation.
pub(crate) fn told(fact: &RecordedCall) -> Expectation {
    Expectation {
        end: fact.end,
        stage: fact.stage,
        trailers: fact.trailers,
        outcome: fact.outcome,
        status: fact.status,
        error: fact.error,
        bytes: fact.bytes,
        head: fact.head.is_some() && fact.responses == 1,
        first_byte: fact.first_byte.is_some(),
        // One reading of the clock served both.
        ended_at_head: fact.head == Some(fact.elapsed),
    }
}

/// The parts of an end without a head that are the same for all of them.
const WITHOUT_HEAD: Expectation = Expectation {
    end: "",
    stage: None,
    trailers: false,
    outcome: Outcome::Success,
    status: None,
    error: None,
    bytes: 0,
    head: false,
    first_byte: false,
    ended_at_head: false,
};

/// Complete, with all that a body gives.
fn complete(case: Case) -> Expectation {
    Expectation {
        end: "Complete",
        outcome: Outcome::Success,
        status: Some(match case.answer {
            Answer::NoContent => "204",
            Answer::NotModified => "304",
            _ => "200",
        }),
        bytes: full().len() as u64,
        head: true,
        first_byte: true,
        ..WITHOUT_HEAD
    }
}

/// Complete with the head, before any byte of a body.
fn complete_at_head(case: Case) -> Expectation {
    Expectation {
        bytes: 0,
        first_byte: false,
        ended_at_head: true,
        ..complete(case)
    }
}
