//! The layers.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use gusset_core::admission::ObservedAdmissionLayer;
use gusset_core::{
    AdmissionLayer, ErrorStatuses, FilteredObserver, ObserveLayer, Observer, PooledObserver,
};
use gusset_health::{ConnectionDrain, ConnectionDrainLayer, InFlight};
use gusset_http::{RequestIdLayer, RequestOptions, SetRequestId};
use tower::util::Either;
use tower_layer::Layer;
use tracing::Dispatch;

use super::subscriber_scope::SubscriberScope;
use crate::instrumentation::{LayerParts, SignalObservers};
use crate::kind::{Operations, ServiceKind};

/// The observers of a call.
type Observers<K, O> = FilteredObserver<
    PooledObserver<SubscriberScope<SignalObservers<K, O>>>,
    <K as ServiceKind>::PathFilter,
>;

/// The observers of an operation of a [`Gusset`](crate::Gusset), for the fields of structs.
///
/// ```
/// use gusset::{ObservedOperation, OperationObservers};
///
/// struct Prices {
///     reprice: ObservedOperation<OperationObservers>,
/// }
/// ```
pub type OperationObservers = Observers<Operations, ()>;

/// The observers of the runs of a job.
#[cfg(feature = "jobs")]
pub type JobObservers = Observers<Operations, InFlight>;

/// What observes the messages of a worker besides the signals.
#[cfg(feature = "messaging")]
pub(super) type WorkerObservers = (InFlight, gusset_messaging::MessageSpans);

/// The driver of the observers.
type Driver<K, O> = ObserveLayer<<K as ServiceKind>::Protocol, Observers<K, O>>;

/// The driver of the observers and of an admission policy.
type AdmissionDriver<K, O, G, R> =
    ObservedAdmissionLayer<<K as ServiceKind>::Protocol, Observers<K, O>, G, R>;

/// Sets the request id, observes the calls of a server, counts them as in flight, and closes keep-alive
/// connections during the shutdown, in the right order.
///
/// Returned by [`Gusset::http`](crate::Gusset::http) and [`Gusset::grpc`](crate::Gusset::grpc). `D` is the driver:
/// that of the observers, or with [`admit`](Self::admit) that of an admission policy too.
pub struct ServerLayer<K: ServiceKind, D = Driver<K, ServerObserver>> {
    request_id: Option<RequestIdLayer>,
    drain: ConnectionDrainLayer,
    driver: D,
    kind: PhantomData<fn() -> K>,
}

/// Observes the calls of a client or a consumer. A client's layer also injects the trace context into its
/// requests.
///
/// Returned by [`Gusset::http_client`](crate::Gusset::http_client),
/// [`Gusset::grpc_client`](crate::Gusset::grpc_client) and [`Gusset::consumer`](crate::Gusset::consumer). `D` is the
/// driver: that of the observers, or with [`admit`](Self::admit) that of an admission policy too.
pub struct CallLayer<K: ServiceKind, O = (), D = Driver<K, O>> {
    driver: D,
    inject: K::Inject,
    observer: PhantomData<fn() -> O>,
}

/// What records the calls of a server.
#[cfg(all(unix, feature = "incident"))]
type Recorder = Option<gusset_incident::CallRecorder>;
/// What divides the time of the calls of a server.
#[cfg(feature = "system-calls")]
type Monitor = Option<gusset_system::CallMonitor>;
/// What counts pages and visitors.
#[cfg(feature = "usage")]
type Visits = Option<gusset_usage::UsageObserver>;
// An observer of a crate that is off is `()`.
#[cfg(all(
    not(all(unix, feature = "incident")),
    any(feature = "system-calls", feature = "usage")
))]
type Recorder = ();
#[cfg(all(
    not(feature = "system-calls"),
    any(all(unix, feature = "incident"), feature = "usage")
))]
type Monitor = ();
#[cfg(all(
    not(feature = "usage"),
    any(all(unix, feature = "incident"), feature = "system-calls")
))]
type Visits = ();

/// What observes the calls of a server besides the signals. Not a tuple of one, which costs more.
#[cfg(not(any(
    all(unix, feature = "incident"),
    feature = "system-calls",
    feature = "usage"
)))]
pub(super) type ServerObserver = InFlight;
/// What observes the calls of a server besides the signals.
#[cfg(any(
    all(unix, feature = "incident"),
    feature = "system-calls",
    feature = "usage"
))]
pub(super) type ServerObserver = (InFlight, Recorder, Monitor, Visits);

/// What the calls of a server are counted, recorded and measured by.
pub(super) struct ServerObservers {
    pub(super) in_flight: InFlight,
    #[cfg(all(unix, feature = "incident"))]
    pub(super) recorder: Option<gusset_incident::FlightRecorder>,
    #[cfg(feature = "system-calls")]
    pub(super) calls: Option<Arc<gusset_system::CallMonitor>>,
    #[cfg(feature = "usage")]
    pub(super) usage: Option<gusset_usage::UsageObserver>,
}

fn driver<K: ServiceKind, O: Observer<K::Protocol>>(
    observers: SignalObservers<K, O>,
    path_filter: K::PathFilter,
    error_statuses: Option<ErrorStatuses>,
    dispatch: Option<Dispatch>,
) -> Driver<K, O> {
    let observer = PooledObserver::new(SubscriberScope::new(observers, dispatch));
    ObserveLayer::new(FilteredObserver::new(observer, path_filter))
        .with_error_statuses(error_statuses)
}

// === impl ServerObservers ===

impl ServerObservers {
    #[cfg(not(any(
        all(unix, feature = "incident"),
        feature = "system-calls",
        feature = "usage"
    )))]
    fn with_request_options(&self, options: &Arc<RequestOptions>) -> ServerObserver {
        self.in_flight.clone().with_request_options(options.clone())
    }

    #[cfg(any(
        all(unix, feature = "incident"),
        feature = "system-calls",
        feature = "usage"
    ))]
    fn with_request_options(&self, options: &Arc<RequestOptions>) -> ServerObserver {
        let in_flight = self.in_flight.clone().with_request_options(options.clone());
        #[cfg(all(unix, feature = "incident"))]
        let recorder = {
            let recorder = self.recorder.as_ref();
            let calls = recorder.map(gusset_incident::FlightRecorder::calls_of_server);
            calls.map(|calls| calls.request_options(options.clone()))
        };
        #[cfg(not(all(unix, feature = "incident")))]
        let recorder = ();
        #[cfg(feature = "system-calls")]
        let monitor = {
            let calls = self.calls.as_deref().cloned();
            calls.map(|calls| calls.with_request_options(options.clone()))
        };
        #[cfg(not(feature = "system-calls"))]
        let monitor = ();
        #[cfg(feature = "usage")]
        let visits = {
            let usage = self.usage.clone();
            usage.map(|usage| usage.with_request_options(options.clone()))
        };
        #[cfg(not(feature = "usage"))]
        let visits = ();
        (in_flight, recorder, monitor, visits)
    }
}

// === impl LayerParts ===

impl<K: ServiceKind> LayerParts<K, ()> {
    /// Adds what observes the calls of a server, by the route that the signals have.
    pub(super) fn observe_server(
        self,
        observers: &ServerObservers,
    ) -> LayerParts<K, ServerObserver> {
        let options = self.options.clone();
        self.observe(observers.with_request_options(&options))
    }

    /// Adds the observer that counts calls in flight, by the route that the signals have.
    pub(super) fn count_in_flight(self, in_flight: InFlight) -> LayerParts<K, InFlight> {
        let in_flight = in_flight.with_request_options(self.options.clone());
        self.observe(in_flight)
    }

    /// Adds the observers of the messages of a worker: that of calls in flight, and that of their spans.
    #[cfg(feature = "messaging")]
    pub(super) fn observe_worker(self, in_flight: InFlight) -> LayerParts<K, WorkerObservers> {
        let in_flight = in_flight.with_request_options(self.options.clone());
        self.observe((in_flight, gusset_messaging::MessageSpans::new()))
    }

    fn observe<O>(self, observer: O) -> LayerParts<K, O> {
        let (log, trace, metrics, ()) = self.observers;
        LayerParts {
            observers: (log, trace, metrics, observer),
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
    ServerObserver: Observer<K::Protocol>,
{
    pub(super) fn new(
        parts: LayerParts<K, ServerObserver>,
        (dispatch, drain, request_id): (
            Option<Dispatch>,
            ConnectionDrainLayer,
            Option<RequestIdLayer>,
        ),
    ) -> Self {
        Self {
            request_id,
            drain,
            driver: driver::<K, _>(
                parts.observers,
                parts.path_filter,
                parts.error_statuses,
                dispatch,
            ),
            kind: PhantomData,
        }
    }

    /// Puts an admission policy, such as a circuit breaker, inside of the observers.
    ///
    /// It does what `(gusset.http(), breaker)` does, for about half of the breaker's cost, because one driver serves
    /// both ([`ObserveLayer::admit`]).
    ///
    /// ```
    /// # #[cfg(feature = "breaker")]
    /// # fn main() -> Result<(), gusset::Error> {
    /// use gusset::breaker::{CircuitOpen, http_response};
    ///
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let breaker = gusset.breaker("stock")?;
    /// let breaker = breaker
    ///     .http_server()
    ///     .respond_with(|open: CircuitOpen| http_response::<String>(&open));
    /// let layer = gusset.http().admit(breaker);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "breaker"))]
    /// # fn main() {}
    /// ```
    pub fn admit<G, R>(
        self,
        admission: AdmissionLayer<K::Protocol, G, R>,
    ) -> ServerLayer<K, AdmissionDriver<K, ServerObserver, G, R>> {
        ServerLayer {
            request_id: self.request_id,
            drain: self.drain,
            driver: self.driver.admit(admission),
            kind: PhantomData,
        }
    }
}

impl<S, K: ServiceKind, D: Layer<S>> Layer<S> for ServerLayer<K, D> {
    type Service = Either<SetRequestId<ConnectionDrain<D::Service>>, ConnectionDrain<D::Service>>;

    fn layer(&self, inner: S) -> Self::Service {
        let observed = self.drain.layer(self.driver.layer(inner));
        match &self.request_id {
            // Outside, so that the observers find the id of the request.
            Some(request_id) => Either::Left(request_id.layer(observed)),
            None => Either::Right(observed),
        }
    }
}

impl<K: ServiceKind, D: Clone> Clone for ServerLayer<K, D> {
    fn clone(&self) -> Self {
        Self {
            request_id: self.request_id.clone(),
            drain: self.drain.clone(),
            driver: self.driver.clone(),
            kind: PhantomData,
        }
    }
}

impl<K: ServiceKind, D> fmt::Debug for ServerLayer<K, D> {
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
            driver: driver::<K, _>(
                parts.observers,
                parts.path_filter,
                parts.error_statuses,
                dispatch,
            ),
            inject: parts.inject,
            observer: PhantomData,
        }
    }

    /// Returns the driver of the observers.
    pub(super) fn driver(&self) -> &Driver<K, O> {
        &self.driver
    }

    /// Puts an admission policy inside of the observers, as [`ServerLayer::admit`]. A client's rejected call has a
    /// span and no trace context is injected for it.
    ///
    /// ```
    /// # #[cfg(feature = "breaker")]
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let layer = gusset.http_client().admit(gusset.breaker("payments")?.http_client());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "breaker"))]
    /// # fn main() {}
    /// ```
    pub fn admit<G, R>(
        self,
        admission: AdmissionLayer<K::Protocol, G, R>,
    ) -> CallLayer<K, O, AdmissionDriver<K, O, G, R>> {
        CallLayer {
            driver: self.driver.admit(admission),
            inject: self.inject,
            observer: PhantomData,
        }
    }
}

impl<S, K, O, D> Layer<S> for CallLayer<K, O, D>
where
    K: ServiceKind,
    K::Inject: Layer<S>,
    D: Layer<<K::Inject as Layer<S>>::Service>,
{
    type Service = D::Service;

    fn layer(&self, inner: S) -> Self::Service {
        self.driver.layer(self.inject.layer(inner))
    }
}

impl<K: ServiceKind, O, D: Clone> Clone for CallLayer<K, O, D> {
    fn clone(&self) -> Self {
        Self {
            driver: self.driver.clone(),
            inject: self.inject.clone(),
            observer: PhantomData,
        }
    }
}

impl<K: ServiceKind, O, D> fmt::Debug for CallLayer<K, O, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallLayer").finish_non_exhaustive()
    }
}
