//! The layer that a builder puts together.

use std::fmt;

use gusset_core::{FilteredObserver, Observe, ObserveLayer};

use crate::Kind;

/// Everybody who looks at a call, the outermost first.
pub(crate) type Observers<K, O> = FilteredObserver<
    (
        Option<<K as Kind>::Log>,
        Option<<K as Kind>::Trace>,
        <K as Kind>::Metrics,
        O,
    ),
    <K as Kind>::Skip,
>;

/// The layer of a [`Telemetry`](crate::Telemetry): all observers in one driver and, for a client whose
/// calls have spans, what sends their trace on.
pub struct Layer<K: Kind, O = ()> {
    observe: ObserveLayer<K::Protocol, Observers<K, O>>,
    inner: K::Inner,
}

/// A service that wears the layer of a [`Telemetry`](crate::Telemetry): what to write where one is kept
/// in a struct.
///
/// ```
/// use gusset::{HttpClient, Observed};
///
/// struct Payments<C> {
///     client: Observed<C, HttpClient>,
/// }
/// ```
pub type Observed<S, K, O = ()> = <Layer<K, O> as tower_layer::Layer<S>>::Service;

/// Sends the trace of a client's calls on.
#[cfg(feature = "trace")]
pub(crate) type Sends = gusset_trace::InjectLayer;

/// There is nothing to send.
#[cfg(not(feature = "trace"))]
pub(crate) type Sends = tower_layer::Identity;

// === impl Layer ===

impl<K: Kind, O> Layer<K, O> {
    pub(crate) fn new(
        observe: ObserveLayer<K::Protocol, Observers<K, O>>,
        inner: K::Inner,
    ) -> Self {
        Self { observe, inner }
    }
}

impl<S, K, O> tower_layer::Layer<S> for Layer<K, O>
where
    K: Kind,
    K::Inner: tower_layer::Layer<S>,
{
    type Service =
        Observe<<K::Inner as tower_layer::Layer<S>>::Service, K::Protocol, Observers<K, O>>;

    fn layer(&self, service: S) -> Self::Service {
        self.observe.layer(self.inner.layer(service))
    }
}

impl<K: Kind, O> Clone for Layer<K, O> {
    fn clone(&self) -> Self {
        Self {
            observe: self.observe.clone(),
            inner: self.inner.clone(),
        }
    }
}

impl<K: Kind, O> fmt::Debug for Layer<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer").finish_non_exhaustive()
    }
}
