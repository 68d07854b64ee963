//! Readings of the calls that the service answers and makes.

use std::time::Duration;

use gusset_data::SharedStr;

/// Readings of the service. The reader of the system leaves them unknown: other sources fill them in.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Service {
    /// The calls in flight.
    pub in_flight: Option<u64>,
    /// The age of the oldest call in flight. Zero if there is none.
    pub oldest_in_flight: Option<Duration>,
    /// The busiest routes.
    pub routes: Option<Vec<Route>>,
    /// The services that this one calls.
    pub dependencies: Option<Vec<Dependency>>,
    /// The pools of connections.
    pub pools: Option<Vec<Pool>>,
}

/// The calls of one route. Counters and sums count since the start.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Route {
    /// The route template.
    pub name: SharedStr,
    /// Completed calls.
    pub calls: Option<u64>,
    /// Those that failed.
    pub errors: Option<u64>,
    /// The 99th percentile of the duration since the snapshot before.
    pub p99: Option<Duration>,
    /// The time in which calls were polled: their CPU time, and blocking calls.
    pub polled: Option<Duration>,
    /// The time from when calls were woken to when they were polled.
    pub scheduled: Option<Duration>,
    /// The time in which calls waited to be woken: for the network, a timer, a lock.
    pub waiting: Option<Duration>,
    /// Polls that were too long.
    pub slow_polls: Option<u64>,
}

/// The calls to one dependency. Counters and sums count since the start.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Dependency {
    /// The name or address.
    pub name: SharedStr,
    /// Completed calls.
    pub calls: Option<u64>,
    /// Those that failed.
    pub errors: Option<u64>,
    /// The time of all calls together.
    pub duration: Option<Duration>,
    /// The 99th percentile of the duration since the snapshot before.
    pub p99: Option<Duration>,
    /// The calls for which the kernel had no local port (`EADDRNOTAVAIL`).
    pub address_not_available: Option<u64>,
    /// The time in which names were resolved.
    pub dns: Option<Duration>,
    /// The time in which connections were opened.
    pub connect: Option<Duration>,
    /// The time of TLS handshakes.
    pub tls: Option<Duration>,
}

/// One pool of connections.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Pool {
    /// The name.
    pub name: SharedStr,
    /// Connections in use.
    pub in_use: Option<u64>,
    /// The greatest number of connections.
    pub size: Option<u64>,
    /// Callers that wait for a connection now.
    pub waiting: Option<u64>,
    /// The 99th percentile of the time to get a connection since the snapshot before.
    pub wait_p99: Option<Duration>,
}
