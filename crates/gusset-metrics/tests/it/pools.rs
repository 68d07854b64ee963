//! How long the users of a pool wait, and what the pools of libraries have.

use std::error::Error;
use std::fmt;
use std::future::{pending, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Waker};

use gusset_data::{MetricData, MetricProducer as _};
use gusset_metrics::Registry;
use gusset_metrics::pools::{ConnectionPool, ConnectionPools, PoolState};

/// Returns a registry, and a pool of it that does not count who waits.
fn pool() -> (Arc<Registry>, Arc<ConnectionPools>, ConnectionPool) {
    let registry = Arc::new(Registry::builder().build_with(|_| None).unwrap());
    let pools = ConnectionPools::new().with_recorder(registry.clone());
    let pools = Arc::new(pools);
    registry.add_producer(&pools);
    let pool = pools.add("orders-db", || PoolState::new(1, 0).with_max(1));
    (registry, pools, pool)
}

/// Returns the value of a metric with one series; of a histogram the number of its values.
#[expect(clippy::cast_precision_loss, reason = "the number of values is small")]
fn value_of(registry: &Registry, name: &str) -> Option<f64> {
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|metric| *metric.name == *name)?;
    Some(match &metric.data {
        MetricData::Histogram(points) => points[0].counts.iter().sum::<u64>() as f64,
        MetricData::Counter(points) | MetricData::UpDownCounter(points) => points[0].value,
        other => panic!("{other:?}"),
    })
}

/// The error of a pool of a library, which is known by its text.
#[derive(Debug)]
struct Failed(&'static str);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Failed {}

#[tokio::test]
async fn successes_have_a_wait_time_and_timeouts_are_counted() {
    let (registry, _pools, pool) = pool();
    for _ in 0..2 {
        pool.acquire(ready(Ok::<_, io::Error>(7))).await.unwrap();
    }
    for text in [
        "pool timed out while waiting for an open connection",
        "Timeout occurred while waiting for a slot to become available",
        "Timed out in bb8",
        "password authentication failed",
    ] {
        let failed = pool.acquire(ready(Err::<(), _>(Failed(text))));
        assert!(failed.await.is_err());
    }
    assert_eq!(
        value_of(&registry, "db.client.connection.wait_time"),
        Some(2.0)
    );
    assert_eq!(
        value_of(&registry, "db.client.connection.timeouts"),
        Some(3.0)
    );
}

#[test]
fn acquisition_is_pending_until_it_is_dropped() {
    const PENDING: &str = "db.client.connection.pending_requests";
    let (registry, _pools, pool) = pool();
    assert_eq!(value_of(&registry, PENDING), None, "not counted yet");
    let mut waiting = Box::pin(pool.acquire(pending::<io::Result<()>>()));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    assert_eq!(value_of(&registry, PENDING), Some(1.0));
    drop(waiting);
    assert_eq!(value_of(&registry, PENDING), Some(0.0));
}

#[cfg(feature = "deadpool")]
#[tokio::test]
async fn pool_of_deadpool_is_read() {
    use deadpool::managed::{Manager, Metrics, Pool, RecycleResult};

    struct Numbers;

    impl Manager for Numbers {
        type Type = u32;
        type Error = io::Error;

        async fn create(&self) -> io::Result<u32> {
            Ok(7)
        }

        async fn recycle(&self, _: &mut u32, _: &Metrics) -> RecycleResult<io::Error> {
            Ok(())
        }
    }

    let pool: Pool<Numbers> = Pool::builder(Numbers).max_size(2).build().unwrap();
    let _used = pool.get().await.unwrap();
    drop(pool.get().await.unwrap());
    let state = PoolState::from(pool.status());
    assert_eq!(state, PoolState::new(1, 1).with_max(2).with_pending(0));
    let _other = pool.get().await.unwrap();
    let mut waiting = Box::pin(pool.get());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    let state = PoolState::from(pool.status());
    assert_eq!(state, PoolState::new(2, 0).with_max(2).with_pending(1));
}

#[cfg(feature = "bb8")]
#[tokio::test]
async fn pool_of_bb8_is_read() {
    use bb8::{ManageConnection, Pool};

    struct Numbers;

    impl ManageConnection for Numbers {
        type Connection = u32;
        type Error = io::Error;

        async fn connect(&self) -> io::Result<u32> {
            Ok(7)
        }

        async fn is_valid(&self, _: &mut u32) -> io::Result<()> {
            Ok(())
        }

        fn has_broken(&self, _: &mut u32) -> bool {
            false
        }
    }

    let pool = Pool::builder().max_size(1).build(Numbers).await.unwrap();
    let used = pool.get().await.unwrap();
    let mut waiting = Box::pin(pool.get());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    let state = PoolState::from(pool.state()).with_max(1);
    assert_eq!(state, PoolState::new(1, 0).with_max(1).with_pending(1));
    drop(used);
    drop(waiting.await.unwrap());
    assert_eq!(PoolState::from(pool.state()).pending, Some(0));
}

#[cfg(feature = "sqlx")]
#[tokio::test]
async fn pool_of_sqlx_is_read() {
    let pool = sqlx::any::AnyPoolOptions::new().max_connections(5);
    // It connects with the first acquisition.
    let pool = pool.connect_lazy("postgres://127.0.0.1/orders").unwrap();
    assert_eq!(PoolState::from(&pool), PoolState::new(0, 0).with_max(5));
}
