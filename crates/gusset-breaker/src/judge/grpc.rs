use std::time::Duration;

use gusset_core::{CallContext, End, Outcome};
use gusset_http::{GrpcCode, Http, HttpClassifier, ResponseHead};
use http::StatusCode;

use super::{Judge, outcome, retry_after};
use crate::{Ballot, Vote};

/// Votes on gRPC, as a server or as a client: by the status in the trailers, else in the headers,
/// else by what the HTTP status stands for.
///
/// | end | vote |
/// |---|---|
/// | UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS, no status; an error, a panic | failure |
/// | RESOURCE_EXHAUSTED; HTTP 429 without a status | throttled |
/// | CANCELLED; the caller left; refused by a guard further in | ignored |
/// | any other code, UNIMPLEMENTED too: a caller's mistake opens nothing | success |
///
/// `grpc-retry-pushback-ms` (gRFC A6) is the remote's wish.
#[derive(Clone, Copy, Debug, Default)]
pub struct JudgeGrpc;

/// What [`JudgeGrpc`] keeps of a head.
#[derive(Clone, Copy, Debug)]
pub struct GrpcHead {
    throttled: bool,
    retry_after: Option<Duration>,
}

const CANCELLED: u8 = 1;
const RESOURCE_EXHAUSTED: u8 = 8;

// === impl JudgeGrpc ===

impl<R: HttpClassifier> Judge<Http<R>> for JudgeGrpc {
    type Head = GrpcHead;

    #[inline]
    fn head(&self, res: ResponseHead<'_>) -> GrpcHead {
        GrpcHead {
            throttled: res.status == StatusCode::TOO_MANY_REQUESTS
                && GrpcCode::from_headers(res.headers).is_none(),
            retry_after: retry_after::grpc(res.headers),
        }
    }

    #[inline]
    fn vote(&self, head: Option<GrpcHead>, end: &End<'_, Http<R>>, cx: &CallContext) -> Ballot {
        let vote = outcome::of(cx.outcome());
        let complete = matches!(end, End::Complete(_) | End::Upgraded);
        let code = cx.status().and_then(GrpcCode::from_token);
        let vote = match (cx.outcome(), code.map(GrpcCode::number)) {
            (Some(Outcome::ClientError), Some(CANCELLED)) => Vote::Ignore,
            (Some(Outcome::ClientError), Some(RESOURCE_EXHAUSTED)) => Vote::Throttled,
            (Some(Outcome::ServerError), _) if complete && head.is_some_and(|it| it.throttled) => {
                Vote::Throttled
            }
            (Some(Outcome::ServerError), _)
                if complete && code == Some(GrpcCode::UNIMPLEMENTED) =>
            {
                Vote::Success
            }
            _ => vote,
        };
        let trailers = match end {
            End::Complete(Some(trailers)) => retry_after::grpc(trailers),
            _ => None,
        };
        let wish = trailers.or(head.and_then(|head| head.retry_after));
        Ballot::new(vote).with_retry_after(wish)
    }
}
