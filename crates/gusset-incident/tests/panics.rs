//! The panic hook, which is of the process: each test is a process of its own.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::panic::{catch_unwind, set_hook};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use gusset_data::{MetricData, MetricProducer as _, StateTree};
use gusset_incident::{
    BlackBox, BlackBoxWriter, Directory, EndReason, FlightRecorder, Incidents, Report, Trigger,
    names, previous_runs,
};
use gusset_system::Snapshot;
use tempfile::tempdir;

/// Selects what the started process does, and where.
const CHILD: &str = "GUSSET_TEST_PANICS";

/// Runs this test in a process of its own, which calls `child` with its folder.
fn in_process(test: &str, child: impl FnOnce(&Path), check: impl FnOnce(&Path, &Output)) {
    if let Some(folder) = std::env::var_os(CHILD) {
        return child(Path::new(&folder));
    }
    let folder = tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, folder.path());
    let output = command.output().unwrap();
    check(folder.path(), &output);
}

fn start(folder: &Path) -> (Incidents, BlackBoxWriter) {
    let recorder = FlightRecorder::builder().build().unwrap();
    let file = BlackBox::builder("shop").create(folder).unwrap();
    let writer = BlackBoxWriter::start(&recorder, file, Duration::from_secs(3600)).unwrap();
    let incidents = Incidents::builder("shop", recorder)
        .destination(Directory::new(folder))
        .flush(|_| println!("flushed"))
        .start()
        .unwrap();
    // The former hook, which has to be called too.
    set_hook(Box::new(|info| println!("former hook: {info}")));
    incidents.install_panic_hook();
    incidents.install_panic_hook();
    (incidents, writer)
}

fn panics(incidents: &Incidents) -> f64 {
    let metrics = incidents.metrics();
    let metric = metrics
        .iter()
        .find(|it| it.name == names::PANICS.name)
        .unwrap();
    let MetricData::Counter(points) = &metric.data else {
        panic!("{metric:?}")
    };
    points[0].value
}

fn report(folder: &Path) -> Report {
    let reports = Directory::new(folder).reports();
    assert_eq!(reports.len(), 1, "{reports:?}");
    Report::from_json(&std::fs::read_to_string(&reports[0]).unwrap()).unwrap()
}

#[test]
fn panic_is_counted_reported_and_passed_on() {
    in_process(
        "panic_is_counted_reported_and_passed_on",
        |folder| {
            let (incidents, _writer) = start(folder);
            let panicked = thread::Builder::new()
                .name("import".to_owned())
                .spawn(|| panic!("no stock at redis://me:s3cret@host"))
                .unwrap();
            assert!(panicked.join().is_err());
            // The request before it is done.
            incidents.detect_now();
            assert_eq!(panics(&incidents), 1.0);
        },
        |folder, output| {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{text}");
            assert_eq!(text.matches("former hook").count(), 1, "{text}");
            assert!(!text.contains("flushed"), "the process goes on: {text}");
            let report = report(folder);
            assert_eq!(report.trigger, "panic");
            let detail = &report.detail;
            assert!(
                detail.starts_with("thread import, ")
                    && detail.ends_with("no stock at redis://REDACTED@host"),
                "{detail}"
            );
            let runs = previous_runs(folder, "shop");
            assert!(
                runs[0].entries.iter().any(|entry| entry.text == *detail),
                "it is in the file"
            );
        },
    );
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("while unwinding");
    }
}

#[test]
fn panic_that_aborts_waits_for_its_report() {
    in_process(
        "panic_that_aborts_waits_for_its_report",
        |folder| {
            let _running = start(folder);
            let _panics = PanicsInDrop;
            panic!("on purpose");
        },
        |folder, output| {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(!output.status.success(), "{text}");
            assert_eq!(text.matches("flushed").count(), 1, "{text}");
            let reports = Directory::new(folder).reports();
            let is_last = |path: &std::path::PathBuf| {
                let report = Report::from_json(&std::fs::read_to_string(path).unwrap()).unwrap();
                report
                    .detail
                    .ends_with("panic in a destructor during cleanup")
            };
            assert!(reports.iter().any(is_last), "{reports:?}");
            let runs = previous_runs(folder, "shop");
            let cause = runs[0].end_cause(&Snapshot::default());
            assert_eq!(cause.reason, EndReason::Panicked);
        },
    );
}

#[test]
fn panic_while_locks_are_held_does_not_hang() {
    in_process(
        "panic_while_locks_are_held_does_not_hang",
        |folder| {
            let recorder = FlightRecorder::builder().build().unwrap();
            let lock: &'static Mutex<()> = Box::leak(Box::new(Mutex::new(())));
            let incidents = Incidents::builder("shop", recorder)
                .destination(Directory::new(folder))
                .section("locked", move || {
                    let _locked = lock.lock();
                    StateTree::Unknown
                })
                .budget(Duration::from_millis(300))
                .part_timeout(Duration::from_millis(50))
                .start()
                .unwrap();
            incidents.install_panic_hook();
            let _locked = lock.lock().unwrap();
            let _panics = PanicsInDrop;
            panic!("on purpose");
        },
        |folder, output| {
            assert!(!output.status.success());
            let reports = Directory::new(folder).reports();
            let report = Report::from_json(&std::fs::read_to_string(&reports[0]).unwrap()).unwrap();
            assert!(
                report.missing[0].starts_with("locked: not there"),
                "{:?}",
                report.missing
            );
        },
    );
}

#[test]
fn panic_on_the_thread_of_the_reports_is_only_counted() {
    in_process(
        "panic_on_the_thread_of_the_reports_is_only_counted",
        |folder| {
            let recorder = FlightRecorder::builder().build().unwrap();
            let (begun, has_begun) = channel();
            let begun = Mutex::new(begun);
            let incidents = Incidents::builder("shop", recorder)
                .destination(Directory::new(folder))
                .on(
                    Trigger::Errors,
                    move |_: &gusset_incident::Moment<'_>| -> Option<String> {
                        begun.lock().unwrap().send(()).unwrap();
                        panic!("in a detector")
                    },
                )
                .interval(Duration::from_secs(3600))
                .start()
                .unwrap();
            incidents.install_panic_hook();
            incidents.detect_now();
            has_begun.recv().unwrap();
            assert_eq!(panics(&incidents), 1.0);
            // It still works.
            incidents.capture(Trigger::Manual, "after it").unwrap();
            let caught = catch_unwind(|| panic!("elsewhere"));
            assert!(caught.is_err());
            incidents.detect_now();
            assert_eq!(panics(&incidents), 2.0);
        },
        |folder, output| {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{text}");
            assert_eq!(
                report(folder).detail,
                "after it",
                "the panic after it is within the gap"
            );
        },
    );
}
