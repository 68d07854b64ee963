//! How long the users of a pool wait for a connection.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use gusset_core::{Clock, Failure, StaticStr};
use gusset_data::SharedRecorder;
use metrics::{Counter, Histogram, Label};

use super::POOL;
use crate::names;

/// A pool of [`ConnectionPools`](super::ConnectionPools), to measure how long it takes to get a connection. Clones
/// measure the same pool.
#[derive(Clone)]
pub struct ConnectionPool(Arc<Waits>);

/// What is measured around the acquisitions of one pool.
pub(super) struct Waits {
    clock: Clock,
    metrics: Option<(Histogram, Counter)>,
    pending: AtomicU64,
    /// Whether acquisitions are measured at all, so that a pool without them has no number of pending ones.
    is_used: AtomicBool,
}

/// An acquisition in progress. It counts as pending until it is dropped, also by cancellation.
struct Pending<'a>(&'a AtomicU64);

// === impl ConnectionPool ===

impl ConnectionPool {
    pub(super) fn new(waits: Arc<Waits>) -> Self {
        Self(waits)
    }

    /// Measures a future that gets a connection: `pool.acquire()` of sqlx, `pool.get()` of deadpool and bb8.
    ///
    /// A success is a value of `db.client.connection.wait_time`, the time from the first poll on. A failure by a
    /// time-out is counted by `db.client.connection.timeouts`. While it waits, it is one of
    /// `db.client.connection.pending_requests`, unless the pool counts those itself.
    ///
    /// Allocates nothing. Costs two readings of the clock and two atomic operations.
    ///
    /// # Errors
    /// Those of the future.
    ///
    /// ```
    /// use gusset_metrics::pools::{ConnectionPools, PoolState};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), std::io::Error> {
    /// # struct Pool;
    /// # impl Pool { async fn acquire(&self) -> Result<u32, std::io::Error> { Ok(7) } }
    /// # let pool = Pool;
    /// let orders_db = ConnectionPools::new().add("orders-db", || PoolState::new(3, 1));
    /// let connection = orders_db.acquire(pool.acquire()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn acquire<F, T, E>(&self, connection: F) -> impl Future<Output = F::Output> + use<F, T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: Error + 'static,
    {
        let waits = self.0.clone();
        async move {
            waits.is_used.store(true, Ordering::Relaxed);
            let pending = Pending::new(&waits.pending);
            let started = waits.clock.now();
            let acquired = connection.await;
            drop(pending);
            if let Some((wait_time, timeouts)) = &waits.metrics {
                match &acquired {
                    Ok(_) => {
                        let wait = waits.clock.now().saturating_duration_since(started);
                        wait_time.record(wait.as_secs_f64());
                    }
                    Err(error) if is_timeout(error) => timeouts.increment(1),
                    Err(_) => {}
                }
            }
            acquired
        }
    }
}

fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    Failure::from_error(error).error_type() == StaticStr::TIMEOUT
}

impl fmt::Debug for ConnectionPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionPool")
            .field("pending", &self.0.pending())
            .finish_non_exhaustive()
    }
}

// === impl Waits ===

impl Waits {
    pub(super) fn new(pool: &'static str, recorder: Option<&SharedRecorder>) -> Self {
        let labels = || vec![Label::from_static_parts(POOL, pool)];
        let metrics = recorder.map(|recorder| {
            let recorded = [
                names::DB_CLIENT_CONNECTION_WAIT_TIME,
                names::DB_CLIENT_CONNECTION_TIMEOUTS,
            ];
            recorded.iter().for_each(|metric| metric.describe(recorder));
            let [wait_time, timeouts] = recorded;
            (
                wait_time.histogram(recorder, labels()),
                timeouts.counter(recorder, labels()),
            )
        });
        Self {
            clock: Clock::system(),
            metrics,
            pending: AtomicU64::new(0),
            is_used: AtomicBool::new(false),
        }
    }

    /// Returns how many acquisitions are in progress, if they are measured.
    pub(super) fn pending(&self) -> Option<u64> {
        let is_used = self.is_used.load(Ordering::Relaxed);
        is_used.then(|| self.pending.load(Ordering::Relaxed))
    }
}

// === impl Pending ===

impl<'a> Pending<'a> {
    fn new(pending: &'a AtomicU64) -> Self {
        pending.fetch_add(1, Ordering::Relaxed);
        Self(pending)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
