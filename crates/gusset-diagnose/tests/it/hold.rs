//! What is there for a moment only is not reported.

use std::time::Duration;

use gusset_diagnose::{Diagnoser, Diagnosis, Hold, Reading, Thresholds};
use gusset_system::Snapshot;

use crate::support::{ids, is_found};

/// Returns the diagnosis after each reading, in which the process has many open files or not.
fn after_each(hold: Hold, readings: &[bool]) -> Vec<Diagnosis> {
    let mut diagnoser = Diagnoser::new(Thresholds::default(), hold).unwrap();
    let mut time = 0;
    let mut observe = |is_full: &bool| {
        time += 10;
        let mut snapshot = Snapshot::default();
        snapshot.time = Duration::from_secs(time);
        snapshot.process.open_files = Some(if *is_full { 1000 } else { 50 });
        snapshot.process.open_files_limit = Some(1024);
        diagnoser.observe(Reading::from(snapshot))
    };
    readings.iter().map(&mut observe).collect()
}

fn held(hold: Hold, readings: &[bool]) -> Vec<bool> {
    let all = after_each(hold, readings).into_iter();
    all.map(|it| it.finding("files.limit").is_some()).collect()
}

#[test]
fn finding_begins_after_three_of_five_readings() {
    let readings = [true, false, true, false, true, true];
    let expected = [false, false, false, false, true, true];
    assert_eq!(held(Hold::default(), &readings), expected);
}

#[test]
fn finding_ends_after_three_readings_without_it() {
    let readings = [true, true, true, false, false, false, true, true];
    let expected = [false, false, true, true, true, false, false, false];
    assert_eq!(held(Hold::default(), &readings)[..6], expected[..6]);
}

#[test]
fn finding_that_does_not_hold_yet_is_not_cleared() {
    let first = after_each(Hold::default(), &[true]).remove(0);
    assert!(first.is_clear());
    assert!(!first.cleared.iter().any(|kind| kind.id == "files.limit"));
    let healthy = after_each(Hold::default(), &[false]).remove(0);
    assert!(healthy.cleared.iter().any(|kind| kind.id == "files.limit"));
}

#[test]
fn hold_of_one_reports_at_once() {
    assert_eq!(
        held(Hold::new(1, 1, 1), &[true, false, true]),
        [true, false, true]
    );
}

#[test]
fn memory_that_ran_out_is_reported_at_once() {
    let mut diagnoser = Diagnoser::default();
    for (time, kills) in [(10, 0), (20, 1)] {
        let mut snapshot = Snapshot::default();
        snapshot.time = Duration::from_secs(time);
        snapshot.cgroup.memory_events.oom_kills = Some(kills);
        let diagnosis = diagnoser.observe(Reading::from(snapshot));
        assert_eq!(is_found(&diagnosis, "memory.out_of_memory"), kills > 0);
        assert_eq!(ids(&diagnosis).len(), kills as usize);
    }
}

#[test]
fn invalid_hold_is_named() {
    for (hold, expected) in [
        (Hold::new(0, 5, 3), "`hold.needed`: not from 1 to `of`"),
        (Hold::new(6, 5, 3), "`hold.needed`: not from 1 to `of`"),
        (Hold::new(3, 33, 3), "`hold.of`: not from 1 to 32"),
        (Hold::new(3, 5, 0), "`hold.clear`: not from 1 to 32"),
    ] {
        let error = Diagnoser::new(Thresholds::default(), hold).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
