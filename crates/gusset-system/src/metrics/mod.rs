//! A snapshot as metrics.

mod cgroup;
mod host;
mod network;
mod points;
mod process;
mod storage;

use std::time::SystemTime;

use gusset_data::Metric;

use self::points::Points;
use crate::Snapshot;

/// Returns the metrics of a snapshot, sorted by name. What is unknown is left out.
///
/// `start` is the start time of counters if that of the host is unknown.
pub(crate) fn metrics(snapshot: &Snapshot, start: SystemTime, classic_names: bool) -> Vec<Metric> {
    let start = snapshot.host.boot_time.unwrap_or(start);
    let mut points = Points::new(start);
    process::add(&mut points, snapshot);
    host::add(&mut points, snapshot);
    storage::add(&mut points, &snapshot.host);
    network::add(&mut points, &snapshot.network);
    cgroup::add(&mut points, &snapshot.cgroup);
    process::add_runtime(&mut points, snapshot);
    if classic_names {
        process::add_classic(&mut points, snapshot);
    }
    points.finish()
}
