use std::fmt;
use std::marker::PhantomData;

use gusset_core::{CallContext, End, Protocol};

use super::FailureClassifier;
use crate::CallReport;

/// A classifier of two functions. Created by [`classify_fn`].
pub struct ClassifyFn<T, R, C> {
    on_response: R,
    classify: C,
    // `fn() -> T`, because the classifier does not store a `T`.
    state: PhantomData<fn() -> T>,
}

/// Creates a classifier from two functions.
///
/// `on_response` extracts data from the response headers. `classify` returns the result from that data
/// and the completion.
///
/// ```
/// use gusset_breaker::classify::classify_fn;
/// use gusset_breaker::{CallReport, CallResult, CircuitBreaker};
/// use gusset_core::{End, Outcome};
/// use gusset_http::{Http, HttpClientClassifier};
///
/// // This service responds with 404 if its index is broken.
/// let classifier = classify_fn::<Http<HttpClientClassifier>, _, _, _>(
///     |res| res.status.as_u16() == 404,
///     |missing: Option<bool>, _end: &End<'_, _>, cx| match cx.outcome() {
///         _ if missing == Some(true) => CallReport::new(CallResult::Failure),
///         Some(Outcome::ServerError) => CallReport::new(CallResult::Failure),
///         Some(Outcome::Cancelled | Outcome::Rejected) => CallReport::new(CallResult::Ignored),
///         _ => CallReport::new(CallResult::Success),
///     },
/// );
/// let breaker = CircuitBreaker::builder("search").build()?;
/// let layer = breaker.layer_with::<Http<HttpClientClassifier>, _>(classifier);
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
pub fn classify_fn<P, T, R, C>(on_response: R, classify: C) -> ClassifyFn<T, R, C>
where
    P: Protocol,
    R: for<'a> Fn(P::Response<'a>) -> T + Clone + Send + Sync + 'static,
    C: for<'a, 'b> Fn(Option<T>, &'a End<'b, P>, &'a CallContext) -> CallReport
        + Clone
        + Send
        + Sync
        + 'static,
{
    ClassifyFn {
        on_response,
        classify,
        state: PhantomData,
    }
}

// === impl ClassifyFn ===

impl<P, T, R, C> FailureClassifier<P> for ClassifyFn<T, R, C>
where
    P: Protocol,
    T: Send + 'static,
    R: for<'a> Fn(P::Response<'a>) -> T + Clone + Send + Sync + 'static,
    C: for<'a, 'b> Fn(Option<T>, &'a End<'b, P>, &'a CallContext) -> CallReport
        + Clone
        + Send
        + Sync
        + 'static,
{
    type ResponseState = T;

    fn on_response(&self, res: P::Response<'_>) -> T {
        (self.on_response)(res)
    }

    fn classify(&self, response: Option<T>, end: &End<'_, P>, cx: &CallContext) -> CallReport {
        (self.classify)(response, end, cx)
    }
}

impl<T, R: Clone, C: Clone> Clone for ClassifyFn<T, R, C> {
    fn clone(&self) -> Self {
        Self {
            on_response: self.on_response.clone(),
            classify: self.classify.clone(),
            state: PhantomData,
        }
    }
}

impl<T, R, C> fmt::Debug for ClassifyFn<T, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClassifyFn").finish_non_exhaustive()
    }
}
