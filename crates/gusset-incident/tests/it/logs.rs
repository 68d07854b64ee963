//! Log records and state changes in memory.

use gusset_data::{LogSink as _, Severity};
use gusset_incident::FlightRecorder;

use crate::support::log;

#[test]
fn newest_records_and_changes_are_kept_within_their_bytes() {
    let recorder = FlightRecorder::builder().max_bytes(65_536).build().unwrap();
    for at in 0..1000 {
        recorder.export(log(Severity::Info, &format!("{at:0200}")));
        recorder.record_change("breaker stock", format!("{at:0200}"));
    }
    let (logs, changes) = (recorder.logs(), recorder.changes());
    assert!((10..124).contains(&logs.len()), "{}", logs.len());
    assert!((10..41).contains(&changes.len()), "{}", changes.len());
    assert!(logs.last().unwrap().body.ends_with("999"));
    assert!(changes.last().unwrap().state.ends_with("999"));
}

#[test]
fn record_that_is_larger_than_all_memory_is_counted() {
    let recorder = FlightRecorder::builder().max_bytes(65_536).build().unwrap();
    recorder.export(log(Severity::Info, "kept"));
    recorder.export(log(Severity::Info, &"x".repeat(30_000)));
    assert_eq!(recorder.logs().len(), 1);
    assert_eq!(recorder.dropped_logs(), 1);
}
