//! The layer that a builder creates.

use std::fmt;

use gusset_core::{FilteredObserver, Observe, ObserveLayer, PooledObserver};

use crate::kind::ServiceKind;

/// The observers of a call, the outermost first.
pub(crate) type SignalObservers<K, O> = (
    Option<<K as ServiceKind>::Log>,
    Option<<K as ServiceKind>::Trace>,
    Option<<K as ServiceKind>::Metrics>,
    O,
);

/// The observers of the calls that are not excluded.
pub(crate) type Observers<K, O> =
    FilteredObserver<PooledObserver<SignalObservers<K, O>>, <K as ServiceKind>::PathFilter>;

/// Observes the calls of a service. Created by
/// [`Instrumentation::layer`](crate::Instrumentation::layer).
///
/// All observers are in one driver. A client's layer also injects the trace context into its requests.
pub struct InstrumentationLayer<K: ServiceKind, O = ()> {
    observe: ObserveLayer<K::Protocol, Observers<K, O>>,
    inject: K::Inject,
}

/// A service that is instrumented with an [`InstrumentationLayer`], for the fields of structs.
///
/// ```
/// use gusset::{Instrumented, kind};
///
/// struct Payments<C> {
///     client: Instrumented<C, kind::HttpClient>,
/// }
/// ```
pub type Instrumented<S, K, O = ()> =
    <InstrumentationLayer<K, O> as tower_layer::Layer<S>>::Service;

// === impl InstrumentationLayer ===

impl<K: ServiceKind, O> InstrumentationLayer<K, O> {
    pub(crate) fn new(
        observe: ObserveLayer<K::Protocol, Observers<K, O>>,
        inject: K::Inject,
    ) -> Self {
        Self { observe, inject }
    }

    /// Returns the driver of the observers.
    pub(crate) fn observe(&self) -> &ObserveLayer<K::Protocol, Observers<K, O>> {
        &self.observe
    }
}

impl<S, K, O> tower_layer::Layer<S> for InstrumentationLayer<K, O>
where
    K: ServiceKind,
    K::Inject: tower_layer::Layer<S>,
{
    type Service =
        Observe<<K::Inject as tower_layer::Layer<S>>::Service, K::Protocol, Observers<K, O>>;

    fn layer(&self, service: S) -> Self::Service {
        self.observe.layer(self.inject.layer(service))
    }
}

impl<K: ServiceKind, O> Clone for InstrumentationLayer<K, O> {
    fn clone(&self) -> Self {
        Self {
            observe: self.observe.clone(),
            inject: self.inject.clone(),
        }
    }
}

impl<K: ServiceKind, O> fmt::Debug for InstrumentationLayer<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstrumentationLayer")
            .finish_non_exhaustive()
    }
}
