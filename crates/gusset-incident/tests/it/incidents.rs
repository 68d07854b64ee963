//! Captures: what makes them, what bounds them, and in which order things happen.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_core::{Clock, MockClock};
use gusset_data::StateTree;
use gusset_incident::{
    Delivery, Destination, Detect as _, Directory, ErrorShare, FlightRecorder, Incidents,
    IncidentsBuilder, MemoryPressure, Moment, OutOfMemory, Skipped, SlowCalls, StateChanged,
    Trigger, names,
};
use gusset_system::{Limit, Snapshot};
use tempfile::tempdir;

use crate::directory::counted;
use crate::support::run;

/// Longer than any test: trouble is looked for by `detect_now`.
const NEVER: Duration = Duration::from_secs(3600);

const GAP: Duration = Duration::from_secs(300);

/// Keeps the triggers and details of the reports.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<(String, String)>>>);

impl Kept {
    /// Returns the triggers since the last call.
    fn triggers(&self) -> Vec<String> {
        let reports = std::mem::take(&mut *self.0.lock().unwrap());
        reports.into_iter().map(|(trigger, _)| trigger).collect()
    }

    fn details(&self) -> Vec<String> {
        let reports = std::mem::take(&mut *self.0.lock().unwrap());
        reports.into_iter().map(|(_, detail)| detail).collect()
    }
}

impl Destination for Kept {
    fn deliver(&self, delivery: &Delivery<'_>) -> io::Result<String> {
        let report = delivery.report();
        let kept = (report.trigger.clone(), report.detail.clone());
        self.0.lock().unwrap().push(kept);
        Ok("memory".to_owned())
    }
}

struct Scene {
    recorder: FlightRecorder,
    incidents: Incidents,
    kept: Kept,
    time: MockClock,
}

fn scene(configure: impl FnOnce(IncidentsBuilder) -> IncidentsBuilder) -> Scene {
    let recorder = FlightRecorder::builder().build().unwrap();
    let (kept, (clock, time)) = (Kept::default(), Clock::manual());
    let builder = Incidents::builder("shop", recorder.clone())
        .interval(NEVER)
        .clock(clock)
        .destination(kept.clone());
    Scene {
        incidents: configure(builder).start().unwrap(),
        recorder,
        kept,
        time,
    }
}

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

#[test]
fn report_is_delivered_before_telemetry_is_flushed() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let (of_part, of_flush) = (Arc::clone(&order), Arc::clone(&order));
    let scene = scene(|it| {
        it.section("part", move || {
            of_part.lock().unwrap().push("captured".to_owned());
            StateTree::Unknown
        })
        .budget(Duration::from_secs(3))
        .flush(move |left| {
            assert!(left <= Duration::from_secs(3) && left > Duration::ZERO);
            of_flush.lock().unwrap().push("flushed".to_owned());
        })
    });
    let place = tempdir().unwrap();
    drop(place);
    scene
        .incidents
        .capture(Trigger::Manual, "it goes on")
        .unwrap();
    assert_eq!(*order.lock().unwrap(), ["captured"], "only an end flushes");
    let delivered = scene.kept.triggers();
    scene
        .incidents
        .capture_and_flush(Trigger::Terminate, "it ends")
        .unwrap();
    assert_eq!(*order.lock().unwrap(), ["captured", "captured", "flushed"]);
    assert_eq!((delivered.len(), scene.kept.triggers().len()), (1, 1));
}

#[test]
fn part_that_hangs_or_panics_is_missing_and_nothing_else() {
    let (hang, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let recorder = FlightRecorder::builder().build().unwrap();
    let incidents = Incidents::builder("shop", recorder)
        .section("first", || 1_i64.into())
        .section("broken", || -> StateTree {
            // Without the hook, which may take its time to print.
            std::panic::resume_unwind(Box::new("on purpose"))
        })
        .section("hangs", move || {
            let _ = wait.lock().unwrap().recv();
            StateTree::Unknown
        })
        .section("last", || 2_i64.into())
        .task_dump(|| "tasks".to_owned())
        .part_timeout(Duration::from_millis(500))
        .start()
        .unwrap();
    let report = incidents.report(Trigger::Manual, "test");
    let names: Vec<_> = report.sections.iter().map(|it| it.name.as_str()).collect();
    assert_eq!((names, report.tasks), (vec!["first"], None));
    let late = "not there after 500 ms";
    let missing = [
        "broken: it panicked".to_owned(),
        format!("hangs: {late}"),
        format!("last: {late}"),
        format!("the tasks: {late}"),
    ];
    assert_eq!(report.missing, missing);

    let again = incidents.report(Trigger::Manual, "test");
    assert_eq!(again.sections.len(), 0);
    assert!(
        again.missing[0].contains("have not returned yet"),
        "threads do not add up"
    );
    drop(hang);
}

/// A destination that panics.
struct Panics;

impl Destination for Panics {
    fn deliver(&self, _: &Delivery<'_>) -> io::Result<String> {
        panic!("on purpose")
    }
}

#[test]
fn panic_of_a_destination_or_a_detector_is_contained() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let scene = scene(|it| {
        it.destination(Panics)
            .on(Trigger::Errors, move |_: &Moment<'_>| -> Option<String> {
                count.fetch_add(1, Ordering::Relaxed);
                panic!("on purpose")
            })
    });
    scene.incidents.detect_now();
    scene.incidents.detect_now();
    assert_eq!(calls.load(Ordering::Relaxed), 1, "it is not called again");
    let captured = scene.incidents.capture(Trigger::Manual, "test").unwrap();
    assert_eq!(
        (captured.delivered, captured.failed),
        (vec!["memory".to_owned()], 1)
    );
}

#[test]
fn thread_ends_with_the_last_handle() {
    let (sent, received) = channel::<()>();
    let recorder = FlightRecorder::builder().build().unwrap();
    let incidents = Incidents::builder("shop", recorder)
        .on(Trigger::Errors, move |_: &Moment<'_>| {
            let _keep = &sent;
            None
        })
        .interval(NEVER)
        .start()
        .unwrap();
    drop(incidents.clone());
    incidents.detect_now();
    drop(incidents);
    assert!(received.recv().is_err(), "the detector is dropped");
}

#[test]
fn report_of_a_trigger_with_a_path_stays_in_its_folder() {
    let place = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let incidents = Incidents::builder("../shop", recorder)
        .destination(Directory::new(place.path().join("incidents")))
        .start()
        .unwrap();
    incidents
        .capture(Trigger::Custom("../../x"), "test")
        .unwrap();
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    assert_eq!(
        fs::read_dir(place.path().join("incidents"))
            .unwrap()
            .count(),
        2
    );
}
