//! The layers.

use std::fmt;

use gusset_core::{ErrorStatuses, FilteredObserver, Observe, ObserveLayer, Observer};
use gusset_health::{ConnectionDrain, ConnectionDrainLayer, InFlight};
use gusset_http::{RequestIdLayer, SetRequestId};
use tower::util::Either;
use tower_layer::Layer;
use tracing::Dispatch;

use super::subscriber_scope::SubscriberScope;
use crate::instrumentation::{LayerParts, SignalObservers};
use crate::kind::ServiceKind;

/// The observers of a call.
type Observers<K, O> =
    FilteredObserver<SubscriberScope<SignalObservers<K, O>>, <K as ServiceKind>::PathFilter>;

/// The observed service, without its request id.
type Observed<S, K> =
    ConnectionDrain<Observe<S, <K as ServiceKind>::Protocol, Observers<K, InFlight>>>;

/// Sets the request id, observes the calls of a server, counts them as in flight, and closes keep-alive
/// connections during the shutdown, in the right order.
///
/// Returned by [`Gusset::http`](crate::Gusset::http) and [`Gusset::grpc`](crate::Gusset::grpc).
pub struct ServerLayer<K: ServiceKind> {
    request_id: Option<RequestIdLayer>,
    drain: ConnectionDrainLayer,
    observe: ObserveLayer<K::Protocol, Observers<K, InFlight>>,
}

/// Observes the calls of a client or a consumer. A client's layer also injects the trace context into its
/// requests.
///
/// Returned by [`Gusset::http_client`](crate::Gusset::http_client),
/// [`Gusset::grpc_client`](crate::Gusset::grpc_client) and [`Gusset::consumer`](crate::Gusset::consumer).
pub struct CallLayer<K: ServiceKind, O = ()> {
    observe: ObserveLayer<K::Protocol, Observers<K, O>>,
    inject: K::Inject,
}

fn observe<K: ServiceKind, O: Observer<K::Protocol>>(
    observers: SignalObservers<K, O>,
    path_filter: K::PathFilter,
    error_statuses: Option<ErrorStatuses>,
    dispatch: Option<Dispatch>,
) -> ObserveLayer<K::Protocol, Observers<K, O>> {
    let observer = SubscriberScope::new(observers, dispatch);
    ObserveLayer::new(FilteredObserver::new(observer, path_filter))
        .with_error_statuses(error_statuses)
}

// === impl LayerParts ===

impl<K: ServiceKind> LayerParts<K, ()> {
    /// Adds the observer that counts calls in flight, by the route that the signals have.
    pub(super) fn count_in_flight(self, in_flight: InFlight) -> LayerParts<K, InFlight> {
        let in_flight = in_flight.with_request_options(self.options.clone());
        let (log, trace, metrics, ()) = self.observers;
        LayerParts {
            observers: (log, trace, metrics, in_flight),
            path_filter: self.path_filter,
            error_statuses: self.error_statuses,
            inject: self.inject,
            options: self.options,
            prometheus: self.prometheus,
        }
    }
}

// === impl ServerLayer ===

impl<K: ServiceKind> ServerLayer<K>
where
    InFlight: Observer<K::Protocol>,
{
    pub(super) fn new(
        parts: LayerParts<K, InFlight>,
        (dispatch, drain, request_id): (
            Option<Dispatch>,
            ConnectionDrainLayer,
            Option<RequestIdLayer>,
        ),
    ) -> Self {
        Self {
            request_id,
            drain,
            observe: observe::<K, _>(
                parts.observers,
                parts.path_filter,
                parts.error_statuses,
                dispatch,
            ),
        }
    }
}

impl<S, K: ServiceKind> Layer<S> for ServerLayer<K> {
    type Service = Either<SetRequestId<Observed<S, K>>, Observed<S, K>>;

    fn layer(&self, inner: S) -> Self::Service {
        let observed = self.drain.layer(self.observe.layer(inner));
        match &self.request_id {
            // Outside, so that the observers find the id in the request.
            Some(request_id) => Either::Left(request_id.layer(observed)),
            None => Either::Right(observed),
        }
    }
}

impl<K: ServiceKind> Clone for ServerLayer<K> {
    fn clone(&self) -> Self {
        Self {
            request_id: self.request_id.clone(),
            drain: self.drain.clone(),
            observe: self.observe.clone(),
        }
    }
}

impl<K: ServiceKind> fmt::Debug for ServerLayer<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerLayer")
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

// === impl CallLayer ===

impl<K: ServiceKind, O: Observer<K::Protocol>> CallLayer<K, O> {
    pub(super) fn new(parts: LayerParts<K, O>, dispatch: Option<Dispatch>) -> Self {
        Self {
            observe: observe::<K, _>(
                parts.observers,
                parts.path_filter,
                parts.error_statuses,
                dispatch,
            ),
            inject: parts.inject,
        }
    }
}

impl<S, K, O> Layer<S> for CallLayer<K, O>
where
    K: ServiceKind,
    K::Inject: Layer<S>,
{
    type Service = Observe<<K::Inject as Layer<S>>::Service, K::Protocol, Observers<K, O>>;

    fn layer(&self, inner: S) -> Self::Service {
        self.observe.layer(self.inject.layer(inner))
    }
}

impl<K: ServiceKind, O> Clone for CallLayer<K, O> {
    fn clone(&self) -> Self {
        Self {
            observe: self.observe.clone(),
            inject: self.inject.clone(),
        }
    }
}

impl<K: ServiceKind, O> fmt::Debug for CallLayer<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallLayer").finish_non_exhaustive()
    }
}
