use std::time::Duration;

use gusset_core::{CallContext, End, Outcome, Stage};
use gusset_http::{GrpcCode, Http, HttpClassifier, ResponseHead};
use http::StatusCode;

use super::{FailureClassifier, Progress, outcome, retry_after};
use crate::{CallReport, CallResult};

/// Classifies gRPC calls of a server or a client.
///
/// Uses the status in the trailers, or else in the headers, or else the HTTP status.
///
/// | completion | result |
/// |---|---|
/// | UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS, no status; an error; a panic | failure |
/// | RESOURCE_EXHAUSTED; HTTP 429 without a status | throttled |
/// | cancelled after a message | success |
/// | cancelled after a status in the headers | by status |
/// | CANCELLED; any other cancelled call; rejected by another admission; a request body of the client that failed | ignored |
/// | any other code, including UNIMPLEMENTED, which is a client error | success |
///
/// A call with more than one chunk of data counts as a success at the second one, and also as a failure
/// if it fails later. A half-open call counts at its first data, or when half-open times out if it has good
/// headers by then: a `watch` may be silent for hours.
///
/// The retry delay is `grpc-retry-pushback-ms` (gRFC A6).
#[derive(Clone, Copy, Debug, Default)]
pub struct GrpcFailures;

/// The data that [`GrpcFailures`] takes from the response headers.
#[derive(Clone, Copy, Debug)]
pub struct GrpcResponseState {
    is_ok: bool,
    throttled: bool,
    retry_after: Option<Duration>,
}

const CANCELLED: u8 = 1;
const RESOURCE_EXHAUSTED: u8 = 8;

// === impl GrpcFailures ===

impl<R: HttpClassifier> FailureClassifier<Http<R>> for GrpcFailures {
    type ResponseState = GrpcResponseState;

    #[inline]
    fn on_response(&self, res: ResponseHead<'_>) -> GrpcResponseState {
        GrpcResponseState {
            is_ok: res.status == StatusCode::OK,
            throttled: res.status == StatusCode::TOO_MANY_REQUESTS
                && GrpcCode::from_headers(res.headers).is_none(),
            retry_after: retry_after::from_grpc(res.headers),
        }
    }

    #[inline]
    fn progress(&self, response: &GrpcResponseState, chunks: u8) -> Progress {
        match chunks {
            _ if !response.is_ok => Progress::Unknown,
            0 => Progress::Accepted,
            1 => Progress::Responding,
            _ => Progress::Streaming,
        }
    }

    #[inline]
    fn classify(
        &self,
        response: Option<GrpcResponseState>,
        end: &End<'_, Http<R>>,
        cx: &CallContext,
    ) -> CallReport {
        let by_outcome = outcome::from_outcome(cx.outcome());
        let complete = matches!(end, End::Complete(_) | End::Upgraded);
        let throttled = response.is_some_and(|response| response.throttled);
        let code = cx.status().and_then(GrpcCode::from_name);
        let result = match (cx.outcome(), code.map(GrpcCode::number)) {
            _ if matches!(end, End::Cancelled(Stage::Body)) => {
                from_discarded(response, code, cx.bytes() > 0)
            }
            _ if outcome::is_own_upload(cx) => CallResult::Ignored,
            (Some(Outcome::ClientError), Some(CANCELLED)) => CallResult::Ignored,
            (Some(Outcome::ClientError), Some(RESOURCE_EXHAUSTED)) => CallResult::Throttled,
            (Some(Outcome::ServerError), _) if complete && throttled => CallResult::Throttled,
            (Some(Outcome::ServerError), _)
                if complete && code == Some(GrpcCode::UNIMPLEMENTED) =>
            {
                CallResult::Success
            }
            _ => by_outcome,
        };
        let in_trailers = match end {
            End::Complete(Some(trailers)) => retry_after::from_grpc(trailers),
            _ => None,
        };
        let in_headers = response.and_then(|response| response.retry_after);
        CallReport::new(result).with_retry_after(in_trailers.or(in_headers))
    }
}

/// Returns the result of a call whose body the client has discarded.
#[cold]
fn from_discarded(
    response: Option<GrpcResponseState>,
    code: Option<GrpcCode>,
    has_message: bool,
) -> CallResult {
    let Some(response) = response else {
        return CallResult::Ignored;
    };
    if response.is_ok && has_message {
        return CallResult::Success;
    }
    match code {
        Some(code) if code.number() == CANCELLED => CallResult::Ignored,
        Some(code) if code.number() == RESOURCE_EXHAUSTED => CallResult::Throttled,
        Some(GrpcCode::UNIMPLEMENTED) => CallResult::Success,
        Some(code) if code.is_server_error() => CallResult::Failure,
        Some(_) => CallResult::Success,
        None if response.throttled => CallResult::Throttled,
        None if !response.is_ok => CallResult::Failure,
        // Headers without a message or a status prove nothing.
        None => CallResult::Ignored,
    }
}
