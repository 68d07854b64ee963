//! What a diagnosis is made from.

use std::time::Duration;

use gusset_data::SharedStr;
use gusset_system::Snapshot;

/// What is known at one moment: a snapshot of the system, and what the service itself knows besides.
///
/// Everything in it may be unknown. What is unknown is never taken for good.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Reading {
    /// The snapshot: host, cgroup, network, process, runtime, and the calls of the service.
    pub snapshot: Snapshot,
    /// What a snapshot does not have.
    pub signals: Signals,
}

/// What the service knows about itself, besides its calls. [`HistorySource`](crate::HistorySource) fills it in from the
/// series of a history.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Signals {
    /// The names of the circuit breakers that are open. `None` if it is not known.
    pub open_breakers: Option<Vec<SharedStr>>,
    /// The growth that leads to a limit, as [`Selection::decay`](gusset_history::Selection::decay) finds it. `None` if
    /// the history is too short to know.
    pub growth: Option<Vec<Growth>>,
    /// The sign-ins of users. `None` if the service does not report them.
    pub sign_ins: Option<SignInCounts>,
    /// The usual 99th percentile of the calls to each dependency: that of the last hour. `None` if it is not known.
    pub usual_dependency_p99: Option<Vec<(SharedStr, Duration)>>,
}

/// Sign-ins of users, as `gusset-usage` counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignInCounts {
    /// The sign-ins of the last ten minutes.
    pub attempts: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// The most failures of one account in the last 30 to 60 minutes.
    pub max_account_failures: u64,
    /// The most failures of one client in the last 30 to 60 minutes.
    pub max_client_failures: u64,
}

/// A resource that runs out if it goes on growing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Growth {
    /// What grows.
    pub resource: GrowingResource,
    /// The growth in an hour.
    pub per_hour: f64,
    /// How well a straight line fits, from 0 to 1.
    pub r_squared: f64,
    /// The time until the limit.
    pub time_to_limit: Duration,
}

/// What may grow until it is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrowingResource {
    /// The memory of the process.
    Memory,
    /// The open file descriptors of the process.
    OpenFiles,
    /// The tasks of the runtime, which have no limit: until they have doubled.
    Tasks,
    /// The space of the file system with this mount point.
    Filesystem(SharedStr),
}

// === impl Reading ===

impl Reading {
    /// Creates a reading of a snapshot and other signals.
    pub fn new(snapshot: Snapshot, signals: Signals) -> Self {
        Self { snapshot, signals }
    }
}

impl From<Snapshot> for Reading {
    fn from(snapshot: Snapshot) -> Self {
        Self::new(snapshot, Signals::default())
    }
}

// === impl Growth ===

impl Growth {
    /// Creates the growth of a resource.
    pub const fn new(
        resource: GrowingResource,
        per_hour: f64,
        r_squared: f64,
        time_to_limit: Duration,
    ) -> Self {
        Self {
            resource,
            per_hour,
            r_squared,
            time_to_limit,
        }
    }
}
