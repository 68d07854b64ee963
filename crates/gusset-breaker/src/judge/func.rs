use std::fmt;
use std::marker::PhantomData;

use gusset_core::{CallContext, End, Protocol};

use super::Judge;
use crate::Ballot;

/// A judge of two functions. Made by [`judge_fn`].
pub struct JudgeFn<K, H, V> {
    head: H,
    vote: V,
    // `fn() -> K`: a judge keeps no head.
    kept: PhantomData<fn() -> K>,
}

/// A judge of two functions: `head` keeps what is needed of the response, `vote` decides by that and
/// by the end.
///
/// ```
/// use gusset_breaker::judge::judge_fn;
/// use gusset_breaker::{Ballot, Breaker, Vote};
/// use gusset_core::{End, Outcome};
/// use gusset_http::{Http, HttpClientClassifier};
///
/// // A search that finds nothing in its index is broken, says this remote with 404.
/// let judge = judge_fn::<Http<HttpClientClassifier>, _, _, _>(
///     |res| res.status.as_u16() == 404,
///     |missing: Option<bool>, _end: &End<'_, _>, cx| match cx.outcome() {
///         _ if missing == Some(true) => Ballot::new(Vote::Failure),
///         Some(Outcome::ServerError) => Ballot::new(Vote::Failure),
///         Some(Outcome::Cancelled | Outcome::Rejected) => Ballot::new(Vote::Ignore),
///         _ => Ballot::new(Vote::Success),
///     },
/// );
/// let breaker = Breaker::builder("search").build()?;
/// let layer = breaker.layer_by::<Http<HttpClientClassifier>, _>(judge);
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
pub fn judge_fn<P, K, H, V>(head: H, vote: V) -> JudgeFn<K, H, V>
where
    P: Protocol,
    H: for<'a> Fn(P::Response<'a>) -> K + Clone + Send + Sync + 'static,
    V: for<'a, 'b> Fn(Option<K>, &'a End<'b, P>, &'a CallContext) -> Ballot
        + Clone
        + Send
        + Sync
        + 'static,
{
    JudgeFn {
        head,
        vote,
        kept: PhantomData,
    }
}

// === impl JudgeFn ===

impl<P, K, H, V> Judge<P> for JudgeFn<K, H, V>
where
    P: Protocol,
    K: Send + 'static,
    H: for<'a> Fn(P::Response<'a>) -> K + Clone + Send + Sync + 'static,
    V: for<'a, 'b> Fn(Option<K>, &'a End<'b, P>, &'a CallContext) -> Ballot
        + Clone
        + Send
        + Sync
        + 'static,
{
    type Head = K;

    fn head(&self, res: P::Response<'_>) -> K {
        (self.head)(res)
    }

    fn vote(&self, head: Option<K>, end: &End<'_, P>, cx: &CallContext) -> Ballot {
        (self.vote)(head, end, cx)
    }
}

impl<K, H: Clone, V: Clone> Clone for JudgeFn<K, H, V> {
    fn clone(&self) -> Self {
        Self {
            head: self.head.clone(),
            vote: self.vote.clone(),
            kept: PhantomData,
        }
    }
}

impl<K, H, V> fmt::Debug for JudgeFn<K, H, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JudgeFn").finish_non_exhaustive()
    }
}
