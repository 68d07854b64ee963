//! Excluding calls from all signals in one place.

use std::task::Waker;

use crate::panic_counter::PanicCounter;
use crate::start_once::start_once;
use crate::{
    CallContext, CallObserver, End, ExcludedCall, Observer, ObserverId, Protocol, SpanIds,
};

/// Decides by the request whether a call is observed. Functions of the request are predicates too; if one
/// panics, the call is observed, and the panic is counted ([`predicate_panics`]).
///
/// ```
/// use gusset_core::{FilteredObserver, ObserveLayer, Predicate, RequestResponse};
///
/// /// The jobs of one queue.
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
    message = "`{Self}` is not a predicate of requests of `{P}`",
    note = "a predicate is a function of the request that returns whether to observe the call"
)]
pub trait Predicate<P: Protocol>: Send + Sync + 'static {
    /// Returns whether the call is observed.
    fn matches(&self, req: P::Request<'_>) -> bool;
}

static PANICS: PanicCounter = PanicCounter::new();

/// Returns how often functions that are a [`Predicate`] have panicked in this process. The calls were
/// observed. The panic hook of the process reports each panic.
///
/// ```
/// assert_eq!(gusset_core::predicate_panics(), 0);
/// ```
pub fn predicate_panics() -> u64 {
    PANICS.count()
}

/// Observes the calls for which a predicate returns true.
///
/// Around a tuple it decides for all signals in one place: a health probe that is excluded from the
/// metrics is excluded from the log and the traces too.
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
    predicate: F,
}

/// The state of one call of a [`FilteredObserver`].
///
/// While an excluded call is polled, it is the [`ExcludedCall`] of the thread.
#[derive(Debug)]
pub struct FilteredCall<C>(State<C>);

#[derive(Debug)]
enum State<C> {
    /// `None` if a layer further out observes the call already.
    Observed(Option<C>),
    Excluded {
        /// Whether the call around it, in which it is polled, is excluded too.
        outer: bool,
    },
}

// === impl FilteredObserver ===

impl<O, F> FilteredObserver<O, F> {
    /// Creates an observer of the calls for which `predicate` returns true.
    pub fn new(observer: O, predicate: F) -> Self {
        Self {
            observer,
            predicate,
        }
    }
}

impl<P: Protocol, O: Observer<P>, F: Predicate<P>> Observer<P> for FilteredObserver<O, F> {
    type Call = FilteredCall<O::Call>;

    #[inline]
    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Self::Call {
        FilteredCall(match self.predicate.matches(req) {
            true => State::Observed(start_once(&self.observer, req, cx)),
            false => State::Excluded { outer: false },
        })
    }

    fn ids(&self, ids: &mut Vec<ObserverId>) {
        self.observer.ids(ids);
    }
}

// === impl FilteredCall ===

impl<P: Protocol, C: CallObserver<P>> CallObserver<P> for FilteredCall<C> {
    #[inline]
    fn enter(&mut self) {
        match &mut self.0 {
            State::Observed(Some(call)) => call.enter(),
            State::Observed(None) => {}
            State::Excluded { outer } => *outer = ExcludedCall::set_current(true),
        }
    }

    #[inline]
    fn exit(&mut self) {
        match &mut self.0 {
            State::Observed(Some(call)) => call.exit(),
            State::Observed(None) => {}
            State::Excluded { outer } => {
                ExcludedCall::set_current(*outer);
            }
        }
    }

    #[inline]
    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        match &mut self.0 {
            State::Observed(call) => call.as_mut()?.waker(task),
            State::Excluded { .. } => None,
        }
    }

    #[inline]
    fn span_ids(&self) -> Option<SpanIds> {
        match &self.0 {
            State::Observed(call) => call.as_ref()?.span_ids(),
            State::Excluded { .. } => None,
        }
    }

    #[inline]
    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        if let State::Observed(Some(call)) = &mut self.0 {
            call.on_response(res, cx);
        }
    }

    #[inline]
    fn on_data(&mut self, len: usize, cx: &CallContext) {
        if let State::Observed(Some(call)) = &mut self.0 {
            call.on_data(len, cx);
        }
    }

    #[inline]
    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        if let State::Observed(Some(call)) = self.0 {
            call.on_end(end, cx);
        }
    }
}

// Without it the error is about a missing `Fn`.
#[diagnostic::do_not_recommend]
impl<P: Protocol, F> Predicate<P> for F
where
    F: Fn(P::Request<'_>) -> bool + Send + Sync + 'static,
{
    fn matches(&self, req: P::Request<'_>) -> bool {
        PANICS.catch(|| self(req), || ()).unwrap_or(true)
    }
}
