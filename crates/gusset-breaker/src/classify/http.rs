use std::time::Duration;

use gusset_core::{CallContext, End, Outcome, Rejected, Stage};
use gusset_http::{Http, HttpClassifier, ResponseHead, is_streaming};
use http::StatusCode;

use super::{FailureClassifier, Progress, outcome, retry_after};
use crate::{CallReport, CallResult};

/// Classifies HTTP calls of a server or a client.
///
/// | completion | result |
/// |---|---|
/// | 5xx; an error of the service or of its body, including timeouts; a panic | failure |
/// | 429 | throttled |
/// | 408 of a server, from a timeout inside of the breaker | failure |
/// | 408 to a client, 499 | ignored: the client was too slow, or disconnected |
/// | any other status; an upgrade | success |
/// | rejected by another admission; a request body of the client that failed | ignored |
/// | cancelled before the response headers | ignored |
/// | cancelled in the body | by status: the client has discarded the rest |
///
/// An event stream with a good status ([`is_streaming`]) counts as a success at its headers, and also
/// as a failure if it breaks later. A half-open call with a good status counts at its first data if it has no
/// declared length. Otherwise it counts when half-open times out, if it is still in progress by then.
///
/// The classifier of the protocol decides what is an error of the service, and so do the statuses that the
/// breaker is given ([`error_statuses`](crate::CircuitBreakerBuilder::error_statuses)). The retry delay is
/// `Retry-After` of a failed response: in seconds, or as a date relative to its `Date`.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpFailures;

/// The data that [`HttpFailures`] takes from the response headers.
#[derive(Clone, Copy, Debug)]
pub struct HttpResponseState {
    by_status: CallResult,
    is_rejected: bool,
    is_streaming: bool,
    has_length: bool,
    retry_after: Option<Duration>,
}

// === impl HttpFailures ===

impl<R: HttpClassifier> FailureClassifier<Http<R>> for HttpFailures {
    type ResponseState = HttpResponseState;

    #[inline]
    fn on_response(&self, res: ResponseHead<'_>) -> HttpResponseState {
        let by_status = from_status(res.status);
        let is_failure = by_status.is_failure();
        HttpResponseState {
            by_status,
            is_rejected: is_failure && res.extensions.get::<Rejected>().is_some(),
            is_streaming: by_status == CallResult::Success && is_streaming(res),
            has_length: res.length.is_some(),
            // Only for failures: redirects and 413 may have the header too.
            retry_after: is_failure
                .then(|| retry_after::from_http(res.headers))
                .flatten(),
        }
    }

    #[inline]
    fn progress(&self, response: &HttpResponseState, chunks: u8) -> Progress {
        if response.is_streaming {
            Progress::Streaming
        } else if response.by_status != CallResult::Success {
            Progress::Unknown
        } else if chunks == 0 {
            // It may be held open without data, such as a long poll, or be a long download.
            Progress::Accepted
        } else if !response.has_length {
            Progress::Responding
        } else {
            Progress::Unknown
        }
    }

    #[inline]
    fn classify(
        &self,
        response: Option<HttpResponseState>,
        end: &End<'_, Http<R>>,
        cx: &CallContext,
    ) -> CallReport {
        let by_status = response.map(|response| response.by_status);
        let result = match (cx.outcome(), by_status) {
            // A client that discards a body has received its status, so successes and failures count
            // alike.
            (_, Some(result)) if matches!(end, End::Cancelled(Stage::Body)) => {
                if response.is_some_and(|response| response.is_rejected) {
                    CallResult::Ignored
                } else if cx.outcome() == Some(Outcome::ServerError) {
                    CallResult::Failure
                } else if result == CallResult::Failure {
                    // A status of the service that the layer does not list as an error.
                    CallResult::Success
                } else {
                    result
                }
            }
            _ if outcome::is_own_upload(cx) => CallResult::Ignored,
            (Some(Outcome::ClientError), Some(result)) if result != CallResult::Failure => result,
            (outcome, _) => outcome::from_outcome(outcome),
        };
        let retry_after = response.and_then(|response| response.retry_after);
        CallReport::new(result).with_retry_after(retry_after)
    }
}

fn from_status(status: StatusCode) -> CallResult {
    match status.as_u16() {
        429 => CallResult::Throttled,
        408 | 499 => CallResult::Ignored,
        500..=599 => CallResult::Failure,
        _ => CallResult::Success,
    }
}
