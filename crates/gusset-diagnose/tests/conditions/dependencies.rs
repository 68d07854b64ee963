//! A slow dependency, and a pool that is too small.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use gusset_core::Clock;
use gusset_system::Pool;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::calls::Calls;
use crate::readings::{Readings, assert_named};
use crate::server::{Server, call};

#[test]
fn slow_dependency_is_named() {
    let payments = Server::start(1, || sleep(Duration::from_millis(700)));
    let (calls, addr) = (Calls::default(), payments.addr);
    let recorded = calls.clone();
    let shop = Server::with_calls(2, calls, move || {
        let calls = recorded.clone();
        async move {
            let start = Clock::system().now();
            call(addr).await;
            calls.client("payments", Clock::system().now() - start);
        }
    });
    let mut readings = Readings::of_service(shop.handle(), &shop.calls);
    let diagnosis = readings.until_named("dependency.slow", |until| shop.load(4, until));
    assert_named(&diagnosis, "dependency.slow");
    let finding = diagnosis.finding("dependency.slow").unwrap();
    assert_eq!(finding.subject.as_deref(), Some("payments"));
}

#[test]
fn exhausted_pool_is_named() {
    const SIZE: usize = 2;
    let pool = Arc::new(Semaphore::new(SIZE));
    let waiting = Arc::new(AtomicU64::new(0));
    let (connections, waiters) = (pool.clone(), waiting.clone());
    let shop = Server::start(2, move || {
        let (connections, waiters) = (connections.clone(), waiters.clone());
        async move {
            waiters.fetch_add(1, Relaxed);
            let connection = connections.acquire().await.unwrap();
            waiters.fetch_sub(1, Relaxed);
            sleep(Duration::from_millis(100)).await;
            drop(connection);
        }
    });
    let read = move || {
        let mut database = Pool::default();
        database.name = "database".into();
        database.size = Some(SIZE as u64);
        database.in_use = Some((SIZE - pool.available_permits()) as u64);
        database.waiting = Some(waiting.load(Relaxed));
        vec![database]
    };
    let mut readings = Readings::of_service(shop.handle(), &shop.calls).pools(read);
    let diagnosis = std::thread::scope(|scope| {
        // Clients call all the time, also while a reading is taken.
        let end = Clock::system().now() + Duration::from_secs(5);
        let shop = &shop;
        scope.spawn(move || shop.load(8, end));
        readings.until_named("pool.exhausted", |until| shop.load(1, until))
    });
    assert_named(&diagnosis, "pool.exhausted");
    let finding = diagnosis.finding("pool.exhausted").unwrap();
    assert_eq!(finding.subject.as_deref(), Some("database"));
}
