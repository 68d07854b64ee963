//! Leaving calls out of all signals in one place.

use crate::{CallContext, Observer, ObserverId, Protocol};

/// Chooses calls by their request. Functions of the request's head are selections too.
///
/// ```
/// use gusset_core::{FilteredObserver, ObserveLayer, Predicate, RequestResponse};
///
/// /// One queue's jobs alone.
/// struct Only(u32);
///
/// impl Predicate<RequestResponse<u32, String>> for Only {
///     fn matches(&self, job: &u32) -> bool {
///         *job == self.0
///     }
/// }
///
/// let layer = ObserveLayer::<RequestResponse<u32, String>, _>::new(FilteredObserver::new((), Only(7)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not choose among the requests of `{P}`",
    note = "a selection is a function of the request's head that says whether to observe the call"
)]
pub trait Predicate<P: Protocol>: Send + Sync + 'static {
    /// Whether the call is observed.
    fn matches(&self, req: P::Request<'_>) -> bool;
}

/// Observes the calls that a selection chooses, and no others.
///
/// Around a tuple it decides for all signals in one place: a health probe that is left out of the
/// metrics is left out of the log and of the traces too.
///
/// ```
/// use gusset_core::{FilteredObserver, ObserveLayer, RequestResponse};
/// # use gusset_core::{CallObserver, CallContext, End, Observer, ObserverId, Protocol};
/// # struct Print;
/// # impl<P: Protocol> Observer<P> for Print {
/// #     type Call = ();
/// #     fn start(&self, _: P::Request<'_>, _: &mut CallContext) {}
/// # }
/// type Job = RequestResponse<u32, String>;
///
/// let observer = FilteredObserver::new((Print, Print), |job: &u32| *job != 0);
/// let layer = ObserveLayer::<Job, _>::new(observer);
/// ```
#[derive(Clone, Debug)]
pub struct FilteredObserver<O, F> {
    observer: O,
    select: F,
}

// === impl FilteredObserver ===

impl<O, F> FilteredObserver<O, F> {
    /// Observes what `select` chooses.
    pub fn new(observer: O, select: F) -> Self {
        Self { observer, select }
    }
}

impl<P: Protocol, O: Observer<P>, F: Predicate<P>> Observer<P> for FilteredObserver<O, F> {
    type Call = Option<O::Call>;

    #[inline]
    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Self::Call {
        self.select
            .matches(req)
            .then(|| cx.start_once(&self.observer, req))
            .flatten()
    }

    fn ids(&self, ids: &mut Vec<ObserverId>) {
        self.observer.ids(ids);
    }
}

impl<P: Protocol, F> Predicate<P> for F
where
    F: Fn(P::Request<'_>) -> bool + Send + Sync + 'static,
{
    fn matches(&self, req: P::Request<'_>) -> bool {
        self(req)
    }
}
