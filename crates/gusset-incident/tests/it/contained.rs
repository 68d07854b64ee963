//! Captures: in which order things happen, and what goes wrong without consequences.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset_data::StateTree;
use gusset_incident::{
    Delivery, Destination, Directory, FlightRecorder, Incidents, Moment, Trigger,
};
use tempfile::tempdir;

use crate::scene::{NEVER, scene};

/// Notes the order in which things happen.
#[derive(Clone, Default)]
struct Order(Arc<Mutex<Vec<&'static str>>>);

impl Order {
    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }

    /// Returns what was noted since the last call.
    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Destination for Order {
    fn deliver(&self, _: &Delivery<'_>) -> io::Result<String> {
        self.note("delivered");
        Ok("memory".to_owned())
    }
}

#[test]
fn report_is_delivered_before_telemetry_is_flushed() {
    let order = Order::default();
    let (of_part, of_flush) = (order.clone(), order.clone());
    let scene = scene(|it| {
        it.section("part", move || {
            of_part.note("captured");
            StateTree::Unknown
        })
        .destination(order.clone())
        .budget(Duration::from_secs(3))
        .flush(move |left| {
            assert!(left <= Duration::from_secs(3) && left > Duration::ZERO);
            of_flush.note("flushed");
        })
    });
    let incidents = &scene.incidents;
    incidents.capture(Trigger::Manual, "it goes on").unwrap();
    assert_eq!(
        order.take(),
        ["captured", "delivered"],
        "only an end flushes"
    );
    incidents
        .capture_and_flush(Trigger::Terminate, "it ends")
        .unwrap();
    assert_eq!(order.take(), ["captured", "delivered", "flushed"]);
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
