//! Metrics of pools of connections: what they have, read when the metrics are, and how long their users wait.

mod acquire;
#[cfg(any(feature = "bb8", feature = "deadpool", feature = "sqlx"))]
mod libraries;

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use gusset_data::{
    InstrumentKind, Labels, Metric, MetricData, MetricDescriptor, MetricProducer, NumberDataPoint,
    SharedRecorder, contain_recorder,
};

pub use self::acquire::ConnectionPool;
use self::acquire::Waits;
use crate::names;

/// The pools of connections of a service, as a [`MetricProducer`]: `db.client.connection.*` by OpenTelemetry's semantic
/// conventions 1.44. Clones share the pools.
///
/// A pool is read with each read of the metrics, so it costs nothing between scrapes. [`PoolState`] is made from numbers, or
/// from a pool of these libraries:
///
/// | library | feature | read |
/// |---|---|---|
/// | sqlx 0.8 | `sqlx` | `PoolState::from(&pool)` |
/// | deadpool 0.13 | `deadpool` | `PoolState::from(pool.status())` |
/// | bb8 0.9 | `bb8` | `PoolState::from(pool.state()).with_max(8)` |
///
/// No library has the time that its users wait: [`ConnectionPool::acquire`] measures it around the call that gets a
/// connection.
///
/// ```
/// use std::sync::Arc;
///
/// use gusset_metrics::Registry;
/// use gusset_metrics::pools::{ConnectionPools, PoolState};
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let registry = Registry::builder().build()?;
/// let pools = Arc::new(ConnectionPools::new());
/// registry.add_producer(&pools);
/// let orders_db = pools.add("orders-db", || PoolState::new(3, 1).with_max(8).with_pending(0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct ConnectionPools {
    pools: Arc<Mutex<BTreeMap<&'static str, Pool>>>,
    recorder: Option<SharedRecorder>,
}

type ReadFn = Arc<dyn Fn() -> PoolState + Send + Sync>;

#[derive(Clone)]
struct Pool {
    read: ReadFn,
    start: SystemTime,
    waits: Arc<Waits>,
}

/// The state of one pool at one point in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolState {
    /// The connections in use.
    pub used: u64,
    /// The connections that are not in use.
    pub idle: u64,
    /// The limit of both, if there is one.
    pub max: Option<u64>,
    /// The requests that wait for a connection, if the pool counts them. Otherwise those of
    /// [`ConnectionPool::acquire`] are counted.
    pub pending: Option<u64>,
}

/// The label of the pool, and of the state of its connections.
const POOL: &str = "db.client.connection.pool.name";
const STATE: &str = "db.client.connection.state";

// === impl ConnectionPools ===

impl ConnectionPools {
    /// Creates a producer without pools.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the recorder of [`ConnectionPool::acquire`]: of times to get a connection, and of time-outs. Defaults to
    /// none. It is of pools that are added afterwards.
    #[must_use]
    pub fn with_recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(contain_recorder(recorder));
        self
    }

    /// Adds a pool, in place of an earlier one with this name. The name is a label value.
    ///
    /// The function must not block. If it panics, the pool has no metrics at that read.
    pub fn add(
        &self,
        name: &'static str,
        read: impl Fn() -> PoolState + Send + Sync + 'static,
    ) -> ConnectionPool {
        let waits = Arc::new(Waits::new(name, self.recorder.as_ref()));
        let pool = Pool {
            read: Arc::new(read),
            start: SystemTime::now(),
            waits: waits.clone(),
        };
        self.lock().insert(name, pool);
        ConnectionPool::new(waits)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Pool>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MetricProducer for ConnectionPools {
    #[expect(
        clippy::cast_precision_loss,
        reason = "Prometheus reads all numbers as floats"
    )]
    fn metrics(&self) -> Vec<Metric> {
        // The functions of the user run outside of the lock.
        let pools = self.lock().clone();
        // The first three metrics: the others are recorded.
        let mut points: [Vec<NumberDataPoint>; 3] = Default::default();
        for (name, pool) in pools {
            let Ok(state) = catch_unwind(AssertUnwindSafe(|| (pool.read)())) else {
                continue;
            };
            let mut add = |index: usize, labels: Labels, value: Option<u64>| {
                if let Some(value) = value {
                    points[index].push(NumberDataPoint {
                        labels,
                        start: pool.start,
                        value: value as f64,
                    });
                }
            };
            let of_pool = || -> Labels { [(POOL.into(), name.into())].into() };
            let in_state = |state: &'static str| -> Labels {
                [(POOL.into(), name.into()), (STATE.into(), state.into())].into()
            };
            add(0, in_state("idle"), Some(state.idle));
            add(0, in_state("used"), Some(state.used));
            add(1, of_pool(), state.max);
            add(2, of_pool(), state.pending.or(pool.waits.pending()));
        }
        let metrics = names::POOLS.iter().zip(points);
        let metrics = metrics.filter(|(_, points)| !points.is_empty());
        metrics
            .map(|(metric, points)| to_metric(metric, points))
            .collect()
    }
}

fn to_metric(descriptor: &MetricDescriptor, points: Vec<NumberDataPoint>) -> Metric {
    Metric {
        name: descriptor.name.into(),
        unit: descriptor.unit.as_ucum().into(),
        description: descriptor.help.into(),
        data: match descriptor.kind {
            InstrumentKind::UpDownCounter => MetricData::UpDownCounter(points),
            _ => MetricData::Gauge(points),
        },
    }
}

impl fmt::Debug for ConnectionPools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().keys()).finish()
    }
}

// === impl PoolState ===

impl PoolState {
    /// Creates the state of a pool with connections in use and idle ones.
    pub const fn new(used: u64, idle: u64) -> Self {
        Self {
            used,
            idle,
            max: None,
            pending: None,
        }
    }

    /// Sets the limit of connections.
    #[must_use]
    pub const fn with_max(mut self, max: u64) -> Self {
        self.max = Some(max);
        self
    }

    /// Sets the number of requests that wait for a connection.
    #[must_use]
    pub const fn with_pending(mut self, pending: u64) -> Self {
        self.pending = Some(pending);
        self
    }
}
