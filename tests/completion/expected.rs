//! The expected record of each case: slow, simple and independent of the driver.

use gusset_core::{Outcome, Stage};
use gusset_testkit::RecordedCall;
use gusset_tests::cases::{Case, Disconnect, RequestCase, ResponseCase};
use gusset_tests::responses::{FIRST_CHUNK, full_body};

/// The expected record of a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expectation {
    pub(crate) end: &'static str,
    pub(crate) stage: Option<Stage>,
    pub(crate) trailers: bool,
    pub(crate) outcome: Outcome,
    pub(crate) status: Option<&'static str>,
    pub(crate) error: Option<&'static str>,
    pub(crate) bytes: u64,
    /// Whether headers and their time are recorded, once.
    pub(crate) headers: bool,
    /// Whether the time of the first byte is recorded.
    pub(crate) first_byte: bool,
    /// Whether the call ended with its headers.
    pub(crate) ended_at_headers: bool,
}

/// Returns the expected record of an applicable case.
pub(crate) fn expected(case: Case) -> Expectation {
    // A client that disconnects before the headers drops the service's future. The call neither
    // completed nor failed nor panicked.
    if case.disconnect == Disconnect::BeforeHeaders {
        return Expectation {
            end: "Cancelled",
            stage: Some(Stage::Headers),
            outcome: Outcome::Cancelled,
            ..WITHOUT_HEADERS
        };
    }
    // A handler that panics is a server error without headers, and so without a status.
    if case.response == ResponseCase::HandlerPanic {
        return Expectation {
            end: "Panicked",
            stage: Some(Stage::Headers),
            outcome: Outcome::ServerError,
            error: Some("panic"),
            ..WITHOUT_HEADERS
        };
    }
    // A service that returns `Err` has no headers either. The error type is `_OTHER`.
    if case.response == ResponseCase::ServiceError {
        return Expectation {
            end: "Failed",
            stage: Some(Stage::Headers),
            outcome: Outcome::ServerError,
            error: Some("_OTHER"),
            ..WITHOUT_HEADERS
        };
    }

    // Responses to HEAD, 204 and 304 have no body, so the call ends with the headers. Neither the
    // body nor the time of the disconnect matters.
    if case.request == RequestCase::Head
        || matches!(
            case.response,
            ResponseCase::NoContent | ResponseCase::NotModified
        )
    {
        return complete_at_headers(case);
    }
    // The same holds for a body with an end hint before its first chunk.
    if case.response == ResponseCase::Empty {
        return complete_at_headers(case);
    }
    // A body of one chunk with an end hint is complete before the client reads it. A later
    // disconnect does not matter.
    if case.response == ResponseCase::Full {
        return complete(case);
    }

    // The other bodies are streams. A client that disconnects after the first chunk cancels the
    // call.
    if case.disconnect == Disconnect::DuringBody {
        return Expectation {
            end: "Cancelled",
            stage: Some(Stage::Body),
            outcome: Outcome::Cancelled,
            bytes: FIRST_CHUNK.len() as u64,
            ..complete(case)
        };
    }
    match case.response {
        // HTTP/1 drops the stream at its `content-length`, HTTP/2 polls it until it returns `None`.
        // Both are complete.
        ResponseCase::LengthStream | ResponseCase::ChunkedStream => complete(case),
        ResponseCase::Trailers => Expectation {
            trailers: true,
            ..complete(case)
        },
        // A stream that fails has a status, and is a server error.
        ResponseCase::BodyError => Expectation {
            end: "Failed",
            stage: Some(Stage::Body),
            outcome: Outcome::ServerError,
            error: Some("_OTHER"),
            bytes: FIRST_CHUNK.len() as u64,
            ..complete(case)
        },
        ResponseCase::BodyPanic => Expectation {
            end: "Panicked",
            stage: Some(Stage::Body),
            outcome: Outcome::ServerError,
            error: Some("panic"),
            bytes: FIRST_CHUNK.len() as u64,
            ..complete(case)
        },
        ResponseCase::Full
        | ResponseCase::Empty
        | ResponseCase::NoContent
        | ResponseCase::NotModified
        | ResponseCase::HandlerPanic
        | ResponseCase::ServiceError => unreachable!("decided above"),
    }
}

/// Returns the recorded call in terms of an expectation.
pub(crate) fn actual(call: &RecordedCall) -> Expectation {
    Expectation {
        end: call.end,
        stage: call.stage,
        trailers: call.trailers,
        outcome: call.outcome,
        status: call.status,
        error: call.error,
        bytes: call.bytes,
        headers: call.headers.is_some() && call.responses == 1,
        first_byte: call.first_byte.is_some(),
        // Both are the same reading of the clock.
        ended_at_headers: call.headers == Some(call.elapsed),
    }
}

/// The common fields of an end without headers.
const WITHOUT_HEADERS: Expectation = Expectation {
    end: "",
    stage: None,
    trailers: false,
    outcome: Outcome::Success,
    status: None,
    error: None,
    bytes: 0,
    headers: false,
    first_byte: false,
    ended_at_headers: false,
};

/// Returns the record of a complete body.
fn complete(case: Case) -> Expectation {
    Expectation {
        end: "Complete",
        outcome: Outcome::Success,
        status: Some(match case.response {
            ResponseCase::NoContent => "204",
            ResponseCase::NotModified => "304",
            _ => "200",
        }),
        bytes: full_body().len() as u64,
        headers: true,
        first_byte: true,
        ..WITHOUT_HEADERS
    }
}

/// Returns the record of a call that ends with its headers.
fn complete_at_headers(case: Case) -> Expectation {
    Expectation {
        bytes: 0,
        first_byte: false,
        ended_at_headers: true,
        ..complete(case)
    }
}
