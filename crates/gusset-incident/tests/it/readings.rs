//! Readings of the system in memory and in the file.

use std::time::{Duration, SystemTime};

use gusset_incident::{BlackBox, BlackBoxWriter, EntryKind, FlightRecorder, previous_runs};
use gusset_system::{Snapshot, SystemSampler};
use tempfile::tempdir;

use crate::support::run;

fn snapshot(resident: u64) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.time = Duration::from_secs(resident);
    snapshot.taken_at = Some(SystemTime::UNIX_EPOCH + snapshot.time);
    snapshot.process.resident = Some(resident);
    snapshot
}

#[test]
fn readings_are_kept_and_written_with_their_time() {
    let folder = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let file = BlackBox::builder("shop").create(folder.path()).unwrap();
    let writer = BlackBoxWriter::start(&recorder, file, Duration::from_secs(3600)).unwrap();
    recorder.record_snapshot(&snapshot(0), &snapshot(10));
    recorder.record_snapshot(&snapshot(10), &snapshot(20));
    let readings = recorder.readings();
    assert_eq!(readings.len(), 2);
    assert_eq!(
        readings[1].0,
        SystemTime::UNIX_EPOCH + Duration::from_secs(20)
    );
    assert_eq!(readings[1].1.resident, Some(20));

    drop((writer, recorder));
    let runs = previous_runs(folder.path(), "shop");
    assert_eq!(runs[0].entries[0].kind, EntryKind::Snapshot);
    assert_eq!(runs[0].readings().collect::<Vec<_>>(), readings);
}

#[test]
fn newest_readings_are_kept_within_their_bytes() {
    let recorder = FlightRecorder::builder().max_bytes(65_536).build().unwrap();
    for resident in 1..1000 {
        recorder.record_snapshot(&snapshot(resident - 1), &snapshot(resident));
    }
    let readings = recorder.readings();
    assert!((5..100).contains(&readings.len()), "{}", readings.len());
    assert_eq!(readings.last().unwrap().1.resident, Some(999));
}

#[test]
fn hour_of_readings_fits_by_default() {
    let recorder = FlightRecorder::builder().build().unwrap();
    for resident in 1..=360 {
        recorder.record_snapshot(&snapshot(resident - 1), &snapshot(resident));
    }
    assert_eq!(recorder.readings().len(), 360);
}

#[test]
fn sampler_of_the_system_is_read() {
    let recorder = FlightRecorder::builder().build().unwrap();
    let sampler = SystemSampler::builder().start().unwrap();
    let record = recorder.clone();
    sampler.subscribe(move |previous, now| record.record_snapshot(previous, now));
    sampler.sample();
    let readings = recorder.readings();
    assert_eq!(readings.len(), 1);
    if cfg!(target_os = "linux") {
        assert!(
            readings[0].1.resident.is_some_and(|it| it > 0),
            "{readings:?}"
        );
    }
}

#[test]
fn totals_of_each_second_are_kept() {
    let folder = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let file = BlackBox::builder("shop").create(folder.path()).unwrap();
    let writer = BlackBoxWriter::start(&recorder, file, Duration::from_secs(3600)).unwrap();
    run(&recorder, "/a", "/200");
    run(&recorder, "/a", "/500");
    writer.write_now();
    writer.write_now();
    run(&recorder, "/a", "/200");
    writer.write_now();
    let totals = recorder.totals();
    let counts: Vec<_> = totals.iter().map(|(_, it)| (it.calls, it.errors)).collect();
    assert_eq!(
        counts,
        [(2, 1), (1, 0)],
        "a second without calls is left out"
    );
}
