//! Leaving calls out of all signals in one place.

use crate::{Cx, Observer, Protocol};

/// Chooses calls by their request. Functions of the request's head are selections too.
///
/// ```
/// use gusset_core::{Filter, ObserveLayer, Select, Unary};
///
/// /// One queue's jobs alone.
/// struct Only(u32);
///
/// impl Select<Unary<u32, String>> for Only {
///     fn selects(&self, job: &u32) -> bool {
///         *job == self.0
///     }
/// }
///
/// let layer = ObserveLayer::<Unary<u32, String>, _>::new(Filter::new((), Only(7)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not choose among the requests of `{P}`",
    note = "a selection is a function of the request's head that says whether to observe the call"
)]
pub trait Select<P: Protocol>: Send + Sync + 'static {
    /// Whether the call is observed.
    fn selects(&self, req: P::Request<'_>) -> bool;
}

/// Observes the calls that a selection chooses, and no others.
///
/// Around a tuple it decides for all signals in one place: a health probe that is left out of the
/// metrics is left out of the log and of the traces too.
///
/// ```
/// use gusset_core::{Filter, ObserveLayer, Unary};
/// # use gusset_core::{Call, Cx, End, Observer, Protocol};
/// # struct Print;
/// # impl<P: Protocol> Observer<P> for Print {
/// #     type Call = ();
/// #     fn start(&self, _: P::Request<'_>, _: &mut Cx) {}
/// # }
/// type Job = Unary<u32, String>;
///
/// let observer = Filter::new((Print, Print), |job: &u32| *job != 0);
/// let layer = ObserveLayer::<Job, _>::new(observer);
/// ```
#[derive(Clone, Debug)]
pub struct Filter<O, F> {
    observer: O,
    select: F,
}

// === impl Filter ===

impl<O, F> Filter<O, F> {
    /// Observes what `select` chooses.
    pub fn new(observer: O, select: F) -> Self {
        Self { observer, select }
    }
}

impl<P: Protocol, O: Observer<P>, F: Select<P>> Observer<P> for Filter<O, F> {
    type Call = Option<O::Call>;

    #[inline]
    fn start(&self, req: P::Request<'_>, cx: &mut Cx) -> Self::Call {
        self.select
            .selects(req)
            .then(|| self.observer.start(req, cx))
    }
}

impl<P: Protocol, F> Select<P> for F
where
    F: Fn(P::Request<'_>) -> bool + Send + Sync + 'static,
{
    fn selects(&self, req: P::Request<'_>) -> bool {
        self(req)
    }
}
