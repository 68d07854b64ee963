//! Captures: what makes them, and what bounds them.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_incident::{
    Delivery, Destination, Detect as _, ErrorShare, FlightRecorder, Incidents, MemoryPressure,
    Moment, OutOfMemory, Skipped, SlowCalls, StateChanged, Trigger, names,
};
use gusset_system::{Limit, Snapshot};

use crate::directory::counted;
use crate::scene::{NEVER, scene};
use crate::support::run;

const GAP: Duration = Duration::from_secs(300);

fn snapshot(used: u64, kills: u64) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.host.memory.total = Some(1000);
    snapshot.cgroup.memory_limit = Some(Limit::Finite(100));
    snapshot.cgroup.memory_usage = Some(used);
    snapshot.cgroup.inactive_file = Some(0);
    snapshot.cgroup.memory_events.oom_kills = Some(kills);
    snapshot
}

#[test]
fn opened_breaker_makes_a_report() {
    let scene = scene(|it| it.on(Trigger::BreakerOpened, StateChanged::to("breaker ", "open")));
    scene.recorder.record_change("breaker stock", "half_open");
    scene.recorder.record_change("check stock", "open");
    scene.incidents.detect_now();
    assert_eq!(scene.kept.details(), Vec::<String>::new());
    scene.recorder.record_change("breaker stock", "open");
    scene.incidents.detect_now();
    scene.incidents.detect_now();
    assert_eq!(scene.kept.details(), ["breaker stock: open"]);
}

#[test]
fn trouble_is_looked_for_at_the_interval() {
    let (sent, received) = channel();
    let recorder = FlightRecorder::builder().build().unwrap();
    let _incidents = Incidents::builder("shop", recorder)
        .interval(Duration::from_millis(1))
        .on(Trigger::Errors, move |_: &Moment<'_>| {
            let _ = sent.send(());
            None
        })
        .start()
        .unwrap();
    received.recv().unwrap();
    received.recv().unwrap();
}

#[test]
fn failing_calls_make_a_report() {
    let scene = scene(|it| it.on(Trigger::Errors, ErrorShare::over(0.2)));
    for _ in 0..19 {
        run(&scene.recorder, "/a", "/500");
    }
    scene.incidents.detect_now();
    assert_eq!(scene.kept.triggers(), Vec::<String>::new(), "too few calls");
    run(&scene.recorder, "/a", "/200");
    scene.incidents.detect_now();
    assert_eq!(scene.kept.details(), ["95 % of 20 calls failed in 10 s"]);
}

#[test]
fn slow_calls_make_a_report_if_they_stay() {
    let slow = SlowCalls::over(Duration::ZERO).held_for(2);
    let scene = scene(|it| it.on(Trigger::Latency, slow));
    run(&scene.recorder, "/a", "/200");
    scene.incidents.detect_now();
    scene.incidents.detect_now();
    run(&scene.recorder, "/a", "/200");
    scene.incidents.detect_now();
    assert_eq!(scene.kept.triggers(), Vec::<String>::new());
    run(&scene.recorder, "/a", "/200");
    scene.incidents.detect_now();
    assert_eq!(scene.kept.triggers(), ["latency"]);
}

#[test]
fn full_memory_and_kills_make_reports() {
    let scene = scene(|it| {
        it.on(Trigger::MemoryPressure, MemoryPressure::new())
            .on(Trigger::OutOfMemory, OutOfMemory::new())
            .min_gap(Duration::ZERO)
    });
    let record = |used, kills| {
        scene
            .recorder
            .record_snapshot(&Snapshot::default(), &snapshot(used, kills));
        scene.incidents.detect_now();
        scene.kept.triggers()
    };
    assert_eq!(
        record(90, 3),
        Vec::<String>::new(),
        "earlier kills do not count"
    );
    assert_eq!(record(96, 3), ["memory_pressure"]);
    assert_eq!(
        record(97, 3),
        Vec::<String>::new(),
        "it is the same trouble"
    );
    assert_eq!(record(50, 4), ["out_of_memory"]);
    assert_eq!(record(96, 4), ["memory_pressure"], "it is there again");
}

#[test]
fn detectors_are_combined() {
    let both = || {
        ErrorShare::over(0.5)
            .min_calls(1)
            .and(StateChanged::to("a", "b"))
    };
    let either = |_: &Moment<'_>| None;
    let scene = scene(|it| it.on(Trigger::Custom("both"), both().or(either)));
    run(&scene.recorder, "/a", "/500");
    scene.incidents.detect_now();
    assert_eq!(scene.kept.triggers(), Vec::<String>::new());
    scene.recorder.record_change("a", "b");
    scene.incidents.detect_now();
    assert_eq!(
        scene.kept.details(),
        ["100 % of 1 calls failed in 10 s, and a: b"]
    );
}

#[test]
fn trouble_within_the_gap_is_reported_after_it_if_it_stays() {
    let is_there = Arc::new(AtomicUsize::new(0));
    let read = Arc::clone(&is_there);
    let scene = scene(|it| {
        it.min_gap(GAP)
            .on(Trigger::Custom("queue_full"), move |_: &Moment<'_>| {
                (read.load(Ordering::Relaxed) == 1).then(|| "full".to_owned())
            })
    });
    scene.incidents.capture(Trigger::Panic, "before").unwrap();
    is_there.store(1, Ordering::Relaxed);
    scene.incidents.detect_now();
    scene.incidents.detect_now();
    assert_eq!(scene.kept.triggers(), ["panic"]);
    assert_eq!(counted(&scene.incidents, names::SKIPPED.name), 1.0);
    scene.time.advance(GAP);
    scene.incidents.detect_now();
    scene.incidents.detect_now();
    assert_eq!(scene.kept.triggers(), ["queue_full"]);
}

#[test]
fn gap_and_limits_bound_requests() {
    let scene = scene(|it| it.min_gap(GAP).limit(Trigger::Manual, 2, NEVER));
    let capture = |trigger| scene.incidents.capture(trigger, "test").map(|_| ());
    assert_eq!(capture(Trigger::Errors), Ok(()));
    assert_eq!(capture(Trigger::Errors), Err(Skipped::TooSoon));
    assert_eq!(capture(Trigger::Manual), Ok(()));
    assert_eq!(capture(Trigger::Quit), Ok(()));
    assert_eq!(capture(Trigger::Manual), Ok(()));
    assert_eq!(capture(Trigger::Manual), Err(Skipped::OverLimit));
    assert_eq!(counted(&scene.incidents, names::SKIPPED.name), 2.0);
}

/// Delivers when it is let.
struct Waiting(Mutex<(Sender<()>, Receiver<()>)>);

impl Destination for Waiting {
    fn deliver(&self, _: &Delivery<'_>) -> io::Result<String> {
        let waiting = self.0.lock().unwrap();
        waiting.0.send(()).unwrap();
        // An error means that the test has ended.
        let _ = waiting.1.recv();
        Ok("memory".to_owned())
    }
}

#[test]
fn one_report_is_made_at_a_time() {
    let ((begun, has_begun), (let_go, wait)) = (channel(), channel());
    let waiting = Waiting(Mutex::new((begun, wait)));
    let scene = scene(|it| {
        it.destination(waiting)
            .budget(Duration::from_millis(100))
            .limit(Trigger::Manual, 1000, NEVER)
    });
    assert!(scene.incidents.request_capture(Trigger::Manual, "first"));
    has_begun.recv().unwrap();
    let second = scene.incidents.capture_and_flush(Trigger::Manual, "second");
    assert_eq!(
        second,
        Err(Skipped::Busy),
        "it does not wait for longer than its budget"
    );
    let taken = (0..100).filter(|_| scene.incidents.request_capture(Trigger::Manual, "more"));
    assert!(taken.count() <= 16, "requests are bounded");
    assert_eq!(scene.kept.triggers().len(), 1);
    drop(let_go);
}
