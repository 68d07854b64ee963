use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use tower_layer::Layer;

use super::Observe;
use crate::identity::Registration;
use crate::{Clock, Observer, RequestKey};

/// A layer that lets an observer look at every call of a service.
///
/// The observer's state is in the layer's value and not in what `layer()` makes: one layer's value
/// may wrap every route, every connection and every clone of a service, and its numbers are one set.
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
    shared: Arc<Shared<O>>,
    clock: Clock,
    protocol: PhantomData<fn() -> P>,
}

/// What all clones of a layer share, and all services that it makes.
pub(super) struct Shared<O> {
    pub(super) observer: O,
    pub(super) observers: Registration,
    /// The key of requests that have none of their own.
    pub(super) protocol_key: RequestKey,
}

// === impl ObserveLayer ===

impl<P, O> ObserveLayer<P, O> {
    /// A layer for that observer; several make a tuple.
    pub fn new(observer: O) -> Self
    where
        // Not needed here, but here is where the mistake would be.
        P: crate::Protocol,
        O: Observer<P>,
    {
        // In its final place, for observers are told apart by their addresses.
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
            protocol: PhantomData,
        }
    }

    /// With another clock than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S, P, O> Layer<S> for ObserveLayer<P, O> {
    type Service = Observe<S, P, O>;

    fn layer(&self, inner: S) -> Self::Service {
        Observe {
            inner,
            shared: self.shared.clone(),
            clock: self.clock.clone(),
            protocol: PhantomData,
        }
    }
}

impl<P, O> Clone for ObserveLayer<P, O> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            clock: self.clock.clone(),
            protocol: PhantomData,
        }
    }
}

impl<P, O> fmt::Debug for ObserveLayer<P, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserveLayer").finish_non_exhaustive()
    }
}
