//! Calls in flight, read from other threads.

use std::sync::mpsc;
use std::thread;

use gusset_data::{MetricData, MetricProducer as _};
use gusset_system::{CallMonitor, Snapshot, Source as _};

use crate::{Monitored, ROUTE, ms, poll, reply, respond};

#[test]
fn oldest_call_of_each_route_is_read() {
    let it = Monitored::new();
    let pending = std::future::pending;
    let (mut first, mut other) = (it.call(ROUTE, pending), it.call("/others", pending));
    assert!(poll(&mut first).is_pending() && poll(&mut other).is_pending());
    it.advance(2_000);
    let mut second = it.call(ROUTE, pending);
    assert!(poll(&mut second).is_pending());
    it.advance(500);
    let in_flight = it.in_flight(ROUTE);
    assert_eq!((in_flight.calls, in_flight.oldest), (2, ms(2_500)));
    drop(first);
    assert_eq!(it.in_flight(ROUTE).oldest, ms(500));
    assert_eq!(it.in_flight("/others").oldest, ms(2_500));
    let mut snapshot = Snapshot::default();
    it.monitor.source().read(&mut snapshot);
    assert_eq!(snapshot.service.in_flight, Some(2));
    assert_eq!(snapshot.service.oldest_in_flight, Some(ms(2_500)));
}

#[test]
fn route_without_calls_in_flight_is_zero() {
    let it = Monitored::new();
    drop(respond(it.call(ROUTE, || std::future::ready(reply()))));
    it.advance(10_000);
    let in_flight = it.in_flight(ROUTE);
    assert_eq!((in_flight.calls, in_flight.oldest), (0, ms(0)));
    assert_eq!(in_flight.longest_poll, None);
    let mut snapshot = Snapshot::default();
    it.monitor.source().read(&mut snapshot);
    assert_eq!(snapshot.service.oldest_in_flight, Some(ms(0)));
}

#[test]
fn monitors_do_not_read_each_other() {
    let (one, other) = (Monitored::new(), Monitored::new());
    let mut call = one.call(ROUTE, std::future::pending);
    assert!(poll(&mut call).is_pending());
    assert!(other.monitor.in_flight().is_empty());
}

/// Every thread of the runtime is blocked, so nothing that runs there would report it.
#[test]
fn total_hang_is_read_from_another_thread() {
    let monitor = CallMonitor::builder().build();
    let threads = 2;
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(threads).build().unwrap();
    let (blocked, is_blocked) = mpsc::channel();
    let releases: Vec<_> = (0..threads)
        .map(|_| {
            let (release, released) = mpsc::channel::<()>();
            let it = Monitored {
                monitor: monitor.clone(),
                clock: gusset_core::Clock::system(),
                hand: gusset_core::Clock::manual().1,
            };
            let blocked = blocked.clone();
            let released = std::sync::Mutex::new(Some(released));
            let call = it.call(ROUTE, move || {
                let (blocked, released) =
                    (blocked.clone(), released.lock().unwrap().take().unwrap());
                async move {
                    blocked.send(()).unwrap();
                    // It blocks the thread, until the test has read.
                    let _ = released.recv();
                    reply()
                }
            });
            (release, runtime.spawn(call))
        })
        .collect();
    for _ in 0..threads {
        is_blocked.recv().unwrap();
    }
    let first = monitor.in_flight();
    thread::yield_now();
    let second = monitor.in_flight();
    let [first, second] = [first, second].map(|mut routes| routes.remove(0));
    assert_eq!((first.calls, second.calls), (threads, threads));
    assert!(
        first.oldest < second.oldest,
        "it grows: {first:?} {second:?}"
    );
    let poll = second.longest_poll.unwrap();
    assert!(first.longest_poll.unwrap().duration < poll.duration);
    assert!(poll.duration <= second.oldest);
    assert_eq!(poll.thread_id != 0, cfg!(target_os = "linux"));
    let gauges = monitor.metrics();
    let oldest = gauges
        .iter()
        .find(|metric| metric.name == "gusset.call.oldest");
    let Some(MetricData::Gauge(points)) = oldest.map(|metric| &metric.data) else {
        panic!("no gauge in {gauges:?}");
    };
    assert!(points[0].value >= second.oldest.as_secs_f64());

    for (release, task) in releases {
        release.send(()).unwrap();
        drop(runtime.block_on(task).unwrap());
    }
    let after = monitor.in_flight().remove(0);
    assert_eq!(
        (after.calls, after.oldest, after.longest_poll),
        (0, ms(0), None)
    );
}
