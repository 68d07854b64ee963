//! The lag of runtimes whose time is paused, and of one that is really blocked.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::mpsc;
use std::time::Duration;

use gusset_data::{HistogramDataPoint, MetricData, MetricProducer as _};
use gusset_system::{LagProbe, Snapshot, Source as _};
use tokio::runtime::Handle;
use tokio::time::{advance, sleep};

fn histogram(probe: &LagProbe) -> HistogramDataPoint {
    let metric = probe.producer().metrics().remove(0);
    assert_eq!(
        (metric.name.as_str(), metric.unit.as_str()),
        ("gusset.tokio.lag", "s")
    );
    let MetricData::Histogram(mut points) = metric.data else {
        panic!("{:?}", metric.data);
    };
    points.remove(0)
}

fn p99(source: &mut gusset_system::LagSource) -> Option<Duration> {
    let mut snapshot = Snapshot::default();
    source.read(&mut snapshot);
    snapshot.runtime.lag_p99
}

#[tokio::test(start_paused = true)]
async fn timer_in_time_is_no_lag() {
    let probe = LagProbe::spawn(&Handle::current());
    let mut source = probe.source();
    sleep(Duration::from_secs(10)).await;
    let point = histogram(&probe);
    assert_eq!(point.counts.iter().sum::<u64>(), 199);
    assert_eq!(point.counts[0], 199, "at most 1 ms: {:?}", point.counts);
    assert!(p99(&mut source) <= Some(Duration::from_millis(1)));
}

#[tokio::test(start_paused = true)]
async fn late_timer_is_measured() {
    let probe = LagProbe::spawn(&Handle::current());
    let mut source = probe.source();
    tokio::task::yield_now().await;
    // No task runs meanwhile.
    advance(Duration::from_millis(350)).await;
    tokio::task::yield_now().await;
    let point = histogram(&probe);
    assert_eq!(point.counts.iter().sum::<u64>(), 1);
    assert_eq!(point.sum, Some(0.3));
    // Interpolated within its bucket.
    let p99_of_one = p99(&mut source);
    let range = Some(Duration::from_millis(290))..=Some(Duration::from_millis(300));
    assert!(range.contains(&p99_of_one), "{p99_of_one:?}");
    assert_eq!(p99(&mut source), None, "no timer since the snapshot before");
}

#[tokio::test(start_paused = true)]
async fn interval_can_be_set() {
    let probe = LagProbe::spawn_with_interval(&Handle::current(), Duration::from_secs(1));
    sleep(Duration::from_millis(10_500)).await;
    assert_eq!(histogram(&probe).counts.iter().sum::<u64>(), 10);
}

#[tokio::test(start_paused = true)]
async fn task_ends_with_the_probe() {
    let probe = LagProbe::spawn(&Handle::current());
    let metrics = Handle::current().metrics();
    tokio::task::yield_now().await;
    assert_eq!(metrics.num_alive_tasks(), 1);
    drop(probe);
    tokio::task::yield_now().await;
    assert_eq!(metrics.num_alive_tasks(), 0);
}

/// Its only thread is blocked, so the task of the probe cannot measure it.
#[test]
fn stuck_runtime_is_overdue() {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(1).enable_time().build().unwrap();
    let probe = LagProbe::spawn_with_interval(runtime.handle(), Duration::from_millis(1));
    let mut source = probe.source();
    let (release, released) = mpsc::channel::<()>();
    let (blocked, is_blocked) = mpsc::channel();
    let task = runtime.spawn(async move {
        blocked.send(()).unwrap();
        let _ = released.recv();
    });
    is_blocked.recv().unwrap();
    let overdue = std::iter::from_fn(|| Some(probe.overdue()));
    let overdue = overdue
        .flatten()
        .find(|late| *late > Duration::from_millis(20));
    assert!(p99(&mut source) >= overdue);
    release.send(()).unwrap();
    runtime.block_on(task).unwrap();
}
