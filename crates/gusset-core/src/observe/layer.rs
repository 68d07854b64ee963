use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use tower_layer::Layer;

use super::Observe;
use crate::identity::Registration;
use crate::start_once::start_once;
use crate::{CallTracker, Clock, ErrorStatuses, Observer, Protocol, RequestKey};

/// Observes every call of a service.
///
/// The state of the observer is in the layer value and not in what `layer()` creates. One layer
/// value may wrap every route, every connection and every clone of a service, with one set of
/// numbers.
///
/// ```
/// use gusset_core::{ObserveLayer, RequestResponse};
/// # use gusset_core::{CallObserver, CallContext, End, Observer, Protocol};
/// # #[derive(Clone)] struct Print;
/// # impl<P: Protocol> Observer<P> for Print {
/// #     type Call = Print;
/// #     fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Print { Print }
/// # }
/// # impl<P: Protocol> CallObserver<P> for Print { fn on_end(self, _: End<'_, P>, _: &CallContext) {} }
///
/// let layer = ObserveLayer::<RequestResponse<u32, String>, _>::new((Print, Some(Print)));
/// ```
pub struct ObserveLayer<P, O> {
    pub(crate) shared: Arc<Shared<O>>,
    pub(crate) clock: Clock,
    pub(crate) error_statuses: Option<ErrorStatuses>,
    protocol: PhantomData<fn() -> P>,
}

/// What all clones of a layer share, and all services that it makes.
pub(crate) struct Shared<O> {
    pub(crate) observer: O,
    pub(crate) observers: Registration,
    /// The key of requests of a protocol without keys.
    pub(crate) protocol_key: RequestKey,
}

// === impl Shared ===

impl<O> Shared<O> {
    /// Returns the key of a request. `None` without observers, because then a second layer has none in common.
    #[inline]
    pub(crate) fn key<P: Protocol>(&self, head: P::Request<'_>) -> Option<RequestKey> {
        match self.observers.set().is_empty() {
            true => None,
            false => P::key(head),
        }
    }
}

// === impl ObserveLayer ===

impl<P, O> ObserveLayer<P, O> {
    /// Creates a layer for an observer; several observers are a tuple.
    pub fn new(observer: O) -> Self
    where
        // The bounds are here so that the error points at the mistake.
        P: Protocol,
        O: Observer<P>,
    {
        // In its final place first: observers are distinguished by their addresses.
        let mut shared = Arc::new(Shared {
            observer,
            observers: Registration::new(&[]),
            protocol_key: RequestKey::of_protocol::<P>(),
        });
        let mut ids = Vec::new();
        shared.observer.ids(&mut ids);
        if let Some(shared) = Arc::get_mut(&mut shared) {
            shared.observers = Registration::new(&ids);
        }
        Self {
            shared,
            clock: Clock::system(),
            error_statuses: None,
            protocol: PhantomData,
        }
    }

    /// Sets the clock. Defaults to the monotonic clock of the system.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the statuses that are errors, for all observers. Defaults to the rules of the protocol's
    /// classifier. A custom classifier may ignore them
    /// ([`Classify::with_error_statuses`](crate::Classify::with_error_statuses)).
    #[must_use]
    pub fn with_error_statuses(mut self, statuses: impl Into<Option<ErrorStatuses>>) -> Self {
        self.error_statuses = statuses.into();
        self
    }
}

impl<P: Protocol, O: Observer<P>> ObserveLayer<P, O> {
    /// Starts a call that no service is called for. It is never taken for the call around it: its request has no
    /// key, and two of them with one observer are two calls.
    #[inline]
    pub(crate) fn track(&self, head: P::Request<'_>) -> CallTracker<P, O::Call> {
        let shared = &*self.shared;
        let mut track = CallTracker::start_in_layer(
            |cx| start_once(&shared.observer, head, cx),
            shared.observers.set(),
            head,
            shared.protocol_key,
            self.error_statuses,
            self.clock.clone(),
        );
        track.forget_request();
        track
    }
}

impl<S, P, O> Layer<S> for ObserveLayer<P, O> {
    type Service = Observe<S, P, O>;

    fn layer(&self, inner: S) -> Self::Service {
        Observe {
            inner,
            shared: self.shared.clone(),
            clock: self.clock.clone(),
            error_statuses: self.error_statuses,
            protocol: PhantomData,
        }
    }
}

impl<P, O> Clone for ObserveLayer<P, O> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            clock: self.clock.clone(),
            error_statuses: self.error_statuses,
            protocol: PhantomData,
        }
    }
}

impl<P, O> fmt::Debug for ObserveLayer<P, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserveLayer").finish_non_exhaustive()
    }
}
