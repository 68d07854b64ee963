//! The calls that an objective is about.

use gusset_data::semconv::{
    HTTP_ROUTE, MESSAGING_DESTINATION_NAME, RPC_METHOD, SERVER_ADDRESS, SERVER_PORT,
};
use gusset_data::{MetricDescriptor, SharedStr};
use gusset_metrics::names;

/// The calls that an objective is about.
///
/// ```
/// use gusset_slo::Subject;
///
/// assert_eq!(Subject::route("/orders/{id}").to_string(), "route /orders/{id}");
/// assert_eq!(Subject::peer("payments").to_string(), "calls to payments");
/// assert_eq!(Subject::service().to_string(), "all HTTP requests");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Service,
    Route(SharedStr),
    Peer(Option<SharedStr>, Option<u16>),
    Destination(SharedStr),
    RpcMethod(SharedStr),
    Histogram(Durations),
}

/// A histogram, by its name.
#[derive(Clone, Copy, Debug)]
struct Durations(&'static MetricDescriptor);

// === impl Durations ===

impl PartialEq for Durations {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Durations {}

// === impl Subject ===

impl Subject {
    /// Returns all requests to the HTTP server.
    pub const fn service() -> Self {
        Self(Kind::Service)
    }

    /// Returns the requests to one route of the HTTP server: `http.route`, for example `/orders/{id}`.
    pub fn route(route: impl Into<SharedStr>) -> Self {
        Self(Kind::Route(route.into()))
    }

    /// Returns the calls of the HTTP client to one peer: `server.address`.
    pub fn peer(address: impl Into<SharedStr>) -> Self {
        Self(Kind::Peer(Some(address.into()), None))
    }

    /// Returns the calls of the HTTP client to one port of a peer: `server.address` and `server.port`.
    pub fn peer_port(address: impl Into<SharedStr>, port: u16) -> Self {
        Self(Kind::Peer(Some(address.into()), Some(port)))
    }

    /// Returns all calls of the HTTP client.
    pub const fn all_peers() -> Self {
        Self(Kind::Peer(None, None))
    }

    /// Returns the messages from one queue or topic: `messaging.destination.name`.
    pub fn destination(name: impl Into<SharedStr>) -> Self {
        Self(Kind::Destination(name.into()))
    }

    /// Returns the calls of one method of the gRPC server: `rpc.method`, for example `shop.Stock/Take`.
    pub fn rpc_method(method: impl Into<SharedStr>) -> Self {
        Self(Kind::RpcMethod(method.into()))
    }

    /// Returns whatever else a histogram has the durations of, for [`Objective::latency`](crate::Objective::latency): page
    /// loads, jobs, connections. [`Objective::label`](crate::Objective::label) chooses some of its series.
    ///
    /// ```
    /// use gusset_data::{InstrumentKind, MetricDescriptor, Unit};
    /// use gusset_slo::{Catalogue, Objective, ServiceLevels, Subject};
    /// use std::time::Duration;
    ///
    /// const PRINT: MetricDescriptor = MetricDescriptor::new(
    ///     "shop.print.duration",
    ///     InstrumentKind::Histogram,
    ///     Unit::Seconds,
    ///     "Duration of the printing of labels.",
    /// );
    /// let prints = Objective::latency("prints", Subject::histogram(&PRINT), Duration::from_secs(1));
    /// let levels = ServiceLevels::builder("shop")
    ///     .catalogue(Catalogue::new().with([PRINT]))
    ///     .objective(prints)
    ///     .build();
    /// assert!(levels.is_ok());
    /// ```
    pub const fn histogram(metric: &'static MetricDescriptor) -> Self {
        Self(Kind::Histogram(Durations(metric)))
    }

    /// Returns whether there is a counter of its outcomes.
    pub(crate) fn has_outcomes(&self) -> bool {
        !matches!(self.0, Kind::Histogram(_))
    }

    /// Returns the counter of completed calls by outcome. Not of a histogram, which has none.
    pub(crate) fn outcomes(&self) -> &'static MetricDescriptor {
        match self.0 {
            Kind::Service | Kind::Route(_) => &names::HTTP_SERVER_OUTCOMES,
            Kind::Peer(..) => &names::HTTP_CLIENT_OUTCOMES,
            Kind::Destination(_) => &names::MESSAGING_OUTCOMES,
            Kind::RpcMethod(_) => &names::RPC_SERVER_OUTCOMES,
            // An objective that needs them is an error at its check.
            Kind::Histogram(Durations(metric)) => metric,
        }
    }

    /// Returns the histogram of durations.
    pub(crate) fn durations(&self) -> &'static MetricDescriptor {
        match self.0 {
            Kind::Service | Kind::Route(_) => &names::HTTP_SERVER_DURATION,
            Kind::Peer(..) => &names::HTTP_CLIENT_DURATION,
            Kind::Destination(_) => &names::MESSAGING_PROCESS_DURATION,
            Kind::RpcMethod(_) => &names::RPC_SERVER_DURATION,
            Kind::Histogram(Durations(metric)) => metric,
        }
    }

    /// Returns the labels that all series of these calls have.
    pub(crate) fn labels(&self) -> Vec<(SharedStr, SharedStr)> {
        let label = |key, value: &SharedStr| (SharedStr::from_static(key), value.clone());
        match &self.0 {
            Kind::Service | Kind::Histogram(_) => Vec::new(),
            Kind::Route(route) => vec![label(HTTP_ROUTE, route)],
            Kind::Peer(address, port) => {
                let address = address.iter().map(|it| label(SERVER_ADDRESS, it));
                let port = port.map(|port| SharedStr::from(port.to_string()));
                let port = port.iter().map(|it| label(SERVER_PORT, it));
                address.chain(port).collect()
            }
            Kind::Destination(name) => vec![label(MESSAGING_DESTINATION_NAME, name)],
            Kind::RpcMethod(method) => vec![label(RPC_METHOD, method)],
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Kind::Service => f.write_str("all HTTP requests"),
            Kind::Route(route) => write!(f, "route {route}"),
            Kind::Peer(None, _) => f.write_str("all calls to other services"),
            Kind::Peer(Some(address), None) => write!(f, "calls to {address}"),
            Kind::Peer(Some(address), Some(port)) => write!(f, "calls to {address}:{port}"),
            Kind::Destination(name) => write!(f, "messages from {name}"),
            Kind::RpcMethod(method) => write!(f, "gRPC method {method}"),
            Kind::Histogram(Durations(metric)) => write!(f, "values of {}", metric.name),
        }
    }
}
