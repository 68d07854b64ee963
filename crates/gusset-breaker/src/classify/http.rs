use std::time::Duration;

use gusset_core::{CallContext, End, Outcome, Stage};
use gusset_http::{Http, HttpClassifier, ResponseHead};
use http::StatusCode;

use super::{FailureClassifier, outcome, retry_after};
use crate::{CallReport, CallResult};

/// Classifies HTTP calls of a server or a client.
///
/// | completion | result |
/// |---|---|
/// | 5xx; an error of the service or of its body, including timeouts; a panic | failure |
/// | 429 | throttled |
/// | 408, 499 | ignored: the client was too slow, or disconnected |
/// | any other status; an upgrade | success |
/// | rejected by another admission | ignored |
/// | cancelled before the response headers | ignored |
/// | cancelled in the body | failure or throttled by status, else ignored |
///
/// The classifier of the protocol decides what is an error of the service. The retry delay is
/// `Retry-After` of a failed response: in seconds, or as a date relative to its `Date`.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpFailures;

/// The data that [`HttpFailures`] takes from the response headers.
#[derive(Clone, Copy, Debug)]
pub struct HttpResponseState {
    status: StatusCode,
    retry_after: Option<Duration>,
}

// === impl HttpFailures ===

impl<R: HttpClassifier> FailureClassifier<Http<R>> for HttpFailures {
    type ResponseState = HttpResponseState;

    #[inline]
    fn on_response(&self, res: ResponseHead<'_>) -> HttpResponseState {
        HttpResponseState {
            status: res.status,
            // Only for failures: redirects and 413 may have the header too.
            retry_after: from_status(res.status)
                .is_failure()
                .then(|| retry_after::from_http(res.headers))
                .flatten(),
        }
    }

    #[inline]
    fn classify(
        &self,
        response: Option<HttpResponseState>,
        end: &End<'_, Http<R>>,
        cx: &CallContext,
    ) -> CallReport {
        let by_status = response.map(|response| from_status(response.status));
        let result = match (cx.outcome(), by_status) {
            (Some(Outcome::ClientError), Some(result)) if result != CallResult::Failure => result,
            // A client that drops a body has received its status.
            (Some(Outcome::Cancelled), Some(result))
                if result.is_failure() && end.stage() == Some(Stage::Body) =>
            {
                result
            }
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
