//! The file.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::time::{Duration, SystemTime};

use gusset_core::{Clock, ObserveLayer, SpanIds};
use gusset_data::{LogSink as _, Severity, SpanStatus};
use gusset_incident::{
    ActiveCall, BlackBox, BlackBoxWriter, EntryKind, FlightRecorder, RunEnd, previous_runs,
};
use tempfile::tempdir;

use crate::support::{call, log, poll, run, through};

/// Longer than any test, so that only `write_now` writes.
const NEVER: Duration = Duration::from_secs(3600);

#[test]
fn unclean_run_is_returned_once_with_what_it_wrote() {
    let folder = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let file = BlackBox::builder("shop").create(folder.path()).unwrap();
    let writer = BlackBoxWriter::start(&recorder, file, NEVER).unwrap();
    recorder.export(log(Severity::Info, "too common"));
    recorder.export(log(Severity::Warn, "stock is slow"));
    recorder.record_change("breaker stock", "open");
    run(&recorder, "/items/{status}", "/items/500");
    let ids = SpanIds::new([7; 16], [8; 8], true);
    let mut waiting = ids.scope(|| call(&recorder, "/wait", "/wait"));
    assert!(!poll(&mut waiting));
    writer.write_now();
    assert!(previous_runs(folder.path(), "shop").is_empty(), "it lives");
    drop(writer);
    drop(recorder);
    drop(waiting);

    let runs = previous_runs(folder.path(), "shop");
    assert!(previous_runs(folder.path(), "shop").is_empty(), "once");
    let [run] = &runs[..] else { panic!("{runs:?}") };
    assert_eq!((run.service.as_str(), run.end, run.torn), ("shop", None, 0));
    assert_eq!(run.process_id, std::process::id());
    let entries: Vec<_> = run
        .entries
        .iter()
        .map(|it| (it.kind, it.text.as_str()))
        .collect();
    assert_eq!(
        entries[0],
        (EntryKind::Log, "WARN shop::orders: stock is slow")
    );
    assert_eq!(entries[1], (EntryKind::Change, "breaker stock: open"));
    assert_eq!(entries[2].0, EntryKind::Calls);
    assert!(
        entries[2]
            .1
            .starts_with("1 calls, 1 errors, 0 cancelled, slowest "),
        "{entries:?}"
    );

    let [call] = &run.interrupted_calls[..] else {
        panic!("{run:?}")
    };
    assert_eq!(
        (call.method.as_str(), call.route.as_str()),
        ("GET", "/wait")
    );
    let span = call.to_span(run.last_seen).unwrap();
    assert_eq!((span.trace_id, span.span_id), ([7; 16], [8; 8]));
    assert_eq!(span.name, "GET /wait");
    assert!(matches!(span.status, SpanStatus::Error(_)));
    let text = run.to_string();
    assert!(
        text.contains("ended without a shutdown") && text.contains("GET /wait"),
        "{text}"
    );
}

#[test]
fn slots_of_calls_follow_the_calls_under_way() {
    let folder = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let file = BlackBox::builder("shop")
        .active_calls(3)
        .create(folder.path())
        .unwrap();
    let mut random = fastrand::Rng::with_seed(3);
    let mut waiting = Vec::new();
    for _ in 0..200 {
        if waiting.is_empty() || random.bool() {
            waiting.push(call(&recorder, "/wait", "/wait"));
        } else {
            drop(waiting.swap_remove(random.usize(..waiting.len())));
        }
        file.write_active(&recorder.active_calls());
    }
    let expected: Vec<_> = recorder
        .active_calls()
        .iter()
        .take(3)
        .map(ActiveCall::started)
        .collect();
    drop(file);
    let runs = previous_runs(folder.path(), "shop");
    let found: Vec<_> = runs[0]
        .interrupted_calls
        .iter()
        .map(|it| it.started)
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn equal_calls_have_a_slot_each() {
    let folder = tempdir().unwrap();
    let (clock, _) = Clock::manual();
    let recorder = FlightRecorder::builder()
        .clock(clock.clone())
        .build()
        .unwrap();
    let layer = ObserveLayer::new(recorder.calls_of_server()).with_clock(clock);
    let file = BlackBox::builder("shop")
        .active_calls(2)
        .create(folder.path())
        .unwrap();
    let mut waiting: Vec<_> = (0..2).map(|_| through(&layer, "/wait", "/wait")).collect();
    file.write_active(&recorder.active_calls());
    waiting.pop();
    file.write_active(&recorder.active_calls());
    drop(file);
    let runs = previous_runs(folder.path(), "shop");
    assert_eq!(runs[0].interrupted_calls.len(), 1);
}

#[test]
fn clean_run_leaves_no_file() {
    let folder = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let file = BlackBox::builder("shop").create(folder.path()).unwrap();
    let writer = BlackBoxWriter::start(&recorder, file, NEVER).unwrap();
    writer.end_cleanly();
    drop((writer, recorder));
    assert!(previous_runs(folder.path(), "shop").is_empty());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn run_that_panicked_states_it() {
    let folder = tempdir().unwrap();
    let file = BlackBox::builder("shop").create(folder.path()).unwrap();
    file.end(RunEnd::Panicked);
    drop(file);
    let runs = previous_runs(folder.path(), "shop");
    assert_eq!(runs[0].end, Some(RunEnd::Panicked));
    assert!(runs[0].to_string().contains("ended by a panic"));
}

#[test]
fn newest_entries_replace_the_oldest() {
    let folder = tempdir().unwrap();
    let file = BlackBox::builder("shop")
        .entries(10)
        .create(folder.path())
        .unwrap();
    for at in 1..=25 {
        file.write(EntryKind::Change, SystemTime::now(), &at.to_string());
    }
    let size = fs::metadata(file.path()).unwrap().len();
    drop(file);
    let runs = previous_runs(folder.path(), "shop");
    let entries: Vec<_> = runs[0].entries.iter().map(|it| it.text.clone()).collect();
    assert_eq!(
        entries,
        (16..=25).map(|at| at.to_string()).collect::<Vec<_>>()
    );
    assert_eq!(size, 256 * (2 + 64 + 10));
}

#[test]
fn torn_slot_is_counted_and_not_believed() {
    let folder = tempdir().unwrap();
    let file = BlackBox::builder("shop")
        .active_calls(0)
        .create(folder.path())
        .unwrap();
    for text in ["one", "two", "three"] {
        file.write(EntryKind::Change, SystemTime::now(), text);
    }
    let path = file.path().to_owned();
    drop(file);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    // The text of the second entry, after two headers and one entry.
    file.write_all_at(b"WT", 3 * 256 + 22).unwrap();
    drop(file);
    let runs = previous_runs(folder.path(), "shop");
    let entries: Vec<_> = runs[0].entries.iter().map(|it| it.text.as_str()).collect();
    assert_eq!((entries, runs[0].torn), (vec!["one", "three"], 1));
}

#[test]
fn torn_header_leaves_the_other() {
    let folder = tempdir().unwrap();
    let file = BlackBox::builder("shop").create(folder.path()).unwrap();
    file.end(RunEnd::Panicked);
    let path = file.path().to_owned();
    drop(file);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    // The second version of the header is in the first slot.
    file.write_all_at(b"xx", 30).unwrap();
    drop(file);
    let runs = previous_runs(folder.path(), "shop");
    assert_eq!(runs[0].end, None, "what the first version states");
}

#[test]
fn foreign_files_are_left_alone() {
    let folder = tempdir().unwrap();
    for name in [
        "shop-1-2.blackbox.txt",
        "shop-extra-1-2.blackbox",
        "other-1-2.blackbox",
        "shop.blackbox",
    ] {
        fs::write(folder.path().join(name), "mine").unwrap();
    }
    fs::write(folder.path().join("shop-1-2.blackbox"), "rubbish").unwrap();
    assert!(previous_runs(folder.path(), "shop").is_empty());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5);
    assert!(previous_runs(&folder.path().join("absent"), "shop").is_empty());
}

#[test]
fn five_files_are_kept() {
    let folder = tempdir().unwrap();
    for _ in 0..8 {
        drop(
            BlackBox::builder("shop")
                .entries(1)
                .create(folder.path())
                .unwrap(),
        );
        assert_eq!(previous_runs(folder.path(), "shop").len(), 1);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5);
}

#[test]
fn only_its_owner_may_read_the_file() {
    let folder = tempdir().unwrap();
    let file = BlackBox::builder("../shop one")
        .create(folder.path())
        .unwrap();
    let mode = fs::metadata(file.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let name = file.path().file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(".._shop_one-"), "{name}");
}

#[test]
fn folder_that_cannot_be_created_is_an_error() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(BlackBox::builder("shop").create(&file.join("sub")).is_err());
}

#[test]
fn one_recorder_has_one_file() {
    let folder = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let create = || BlackBox::builder("shop").create(folder.path()).unwrap();
    let _first = BlackBoxWriter::start(&recorder, create(), NEVER).unwrap();
    let error = BlackBoxWriter::start(&recorder, create(), NEVER).unwrap_err();
    assert_eq!(error.to_string(), "the recorder has a file already");
}
