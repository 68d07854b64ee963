use gusset_core::{CallContext, End, Outcome, Stage};
use gusset_http::{Http, HttpClassifier, ResponseHead};
use http::StatusCode;
use std::time::Duration;

use super::{Judge, outcome, retry_after};
use crate::{Ballot, Vote};

/// Votes on HTTP, as a server or as a client.
///
/// | end | vote |
/// |---|---|
/// | 5xx, an error of the service or of its body (timeouts too), a panic | failure |
/// | 429 | throttled |
/// | 408, 499 | ignored: the caller was too slow, or left |
/// | any other status, upgrades | success |
/// | refused by a guard further in | ignored |
/// | the caller left before the head | ignored |
/// | the caller left the body | by a status that failed or throttled, else ignored |
///
/// What the service's fault is, the protocol's rules say. `Retry-After` of a response that failed
/// (seconds; or a date, beside the response's own `Date`) is the remote's wish.
#[derive(Clone, Copy, Debug, Default)]
pub struct JudgeHttp;

/// What [`JudgeHttp`] keeps of a head.
#[derive(Clone, Copy, Debug)]
pub struct HttpHead {
    status: StatusCode,
    retry_after: Option<Duration>,
}

// === impl JudgeHttp ===

impl<R: HttpClassifier> Judge<Http<R>> for JudgeHttp {
    type Head = HttpHead;

    #[inline]
    fn head(&self, res: ResponseHead<'_>) -> HttpHead {
        HttpHead {
            status: res.status,
            // Redirections and 413 have one too, but nothing is wrong with the service there.
            retry_after: of_status(res.status)
                .fails()
                .then(|| retry_after::http(res.headers))
                .flatten(),
        }
    }

    #[inline]
    fn vote(&self, head: Option<HttpHead>, end: &End<'_, Http<R>>, cx: &CallContext) -> Ballot {
        let status = head.map(|head| of_status(head.status));
        let vote = match (cx.outcome(), status) {
            (Some(Outcome::ClientError), Some(vote)) if vote != Vote::Failure => vote,
            // Whoever throws a body away has seen its status.
            (Some(Outcome::Cancelled), Some(vote))
                if vote.fails() && end.stage() == Some(Stage::Body) =>
            {
                vote
            }
            (outcome, _) => outcome::of(outcome),
        };
        Ballot::new(vote).with_retry_after(head.and_then(|head| head.retry_after))
    }
}

fn of_status(status: StatusCode) -> Vote {
    match status.as_u16() {
        429 => Vote::Throttled,
        408 | 499 => Vote::Ignore,
        500..=599 => Vote::Failure,
        _ => Vote::Success,
    }
}
