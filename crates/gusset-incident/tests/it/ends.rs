//! Why a run has ended.

use std::time::{Duration, SystemTime};

use gusset_data::{LogSink as _, Severity};
use gusset_incident::{
    BlackBox, BlackBoxWriter, EndReason, EntryKind, FlightRecorder, PreviousRun, RunEnd,
    previous_runs,
};
use gusset_system::{Limit, Snapshot};
use tempfile::tempdir;

use crate::support::log;

const MINUTE: Duration = Duration::from_secs(60);

/// Returns a run that did this and then ended without a word.
fn run(act: impl FnOnce(&FlightRecorder, &BlackBox)) -> PreviousRun {
    let folder = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let file = BlackBox::builder("shop").create(folder.path()).unwrap();
    let writer = BlackBoxWriter::start(&recorder, file, Duration::from_secs(3600)).unwrap();
    recorder.export(log(Severity::Warn, "it lives"));
    act(&recorder, writer.file());
    drop((writer, recorder));
    previous_runs(folder.path(), "shop").pop().unwrap()
}

fn memory(used: u64, cgroup_kills: u64, host_kills: u64) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.host.memory.total = Some(1000);
    snapshot.cgroup.memory_limit = Some(Limit::Finite(100));
    snapshot.cgroup.memory_usage = Some(used);
    snapshot.cgroup.inactive_file = Some(0);
    snapshot.cgroup.memory_events.oom_kills = Some(cgroup_kills);
    snapshot.host.paging.oom_kills = Some(host_kills);
    snapshot
}

#[track_caller]
fn assert_cause(run: &PreviousRun, now: &Snapshot, reason: EndReason, evidence: &str) {
    let cause = run.end_cause(now);
    assert_eq!(cause.reason, reason, "{cause}");
    assert!(cause.evidence.contains(evidence), "{cause}");
}

#[test]
fn counter_of_the_cgroup_shows_a_kill_for_want_of_memory() {
    let run = run(|recorder, _| {
        recorder.record_snapshot(&Snapshot::default(), &memory(50, 2, 7));
    });
    let evidence = "has killed 1 processes of the cgroup";
    assert_cause(&run, &memory(5, 3, 8), EndReason::OutOfMemory, evidence);
    assert_cause(
        &run,
        &memory(5, 2, 7),
        EndReason::Killed,
        "50 % of its memory was used",
    );
    assert_cause(&run, &memory(5, 0, 7), EndReason::Killed, "no chance");
}

#[test]
fn counter_of_the_host_counts_only_with_a_full_memory() {
    let full = run(|recorder, _| {
        recorder.record_snapshot(&Snapshot::default(), &memory(98, 0, 7));
    });
    let evidence = "98 % of its memory was used, and the kernel has killed 1 processes of the host";
    assert_cause(&full, &memory(5, 0, 8), EndReason::OutOfMemory, evidence);
    let half = run(|recorder, _| {
        recorder.record_snapshot(&Snapshot::default(), &memory(50, 0, 7));
    });
    assert_cause(&half, &memory(5, 0, 8), EndReason::Killed, "50 %");
}

#[test]
fn host_that_started_since_ended_it() {
    let run = run(|_, _| {});
    let mut now = Snapshot::default();
    now.host.boot_time = Some(SystemTime::now() + MINUTE);
    assert_cause(
        &run,
        &now,
        EndReason::HostEnded,
        "the host was started since",
    );
    now.host.boot_time = Some(SystemTime::now() - MINUTE);
    assert_cause(&run, &now, EndReason::Killed, "no chance");
}

#[test]
fn kill_during_the_shutdown_is_named() {
    let draining = run(|recorder, _| {
        recorder.record_change("phase", "draining");
        recorder.record_change("breaker stock", "open");
    });
    let now = Snapshot::default();
    assert_cause(
        &draining,
        &now,
        EndReason::KilledInShutdown,
        "it was draining",
    );
    let ready = run(|recorder, _| recorder.record_change("phase", "ready"));
    assert_cause(&ready, &now, EndReason::Killed, "no chance");
}

#[test]
fn panic_that_ended_the_process_is_named() {
    let now = Snapshot::default();
    let panic = |thread: &str| format!("thread {thread}, src/main.rs:7: no stock");
    let main = run(|_, file| file.write(EntryKind::Panic, SystemTime::now(), &panic("main")));
    assert_cause(&main, &now, EndReason::Panicked, "src/main.rs:7: no stock");
    let aborted = run(|_, file| {
        file.write(EntryKind::Panic, SystemTime::now(), &panic("worker"));
        file.end(RunEnd::Panicked);
    });
    assert_cause(&aborted, &now, EndReason::Panicked, "thread worker");
    let stated = run(|_, file| file.end(RunEnd::Panicked));
    assert_cause(&stated, &now, EndReason::Panicked, "its file states it");
}

#[test]
fn panic_of_a_process_that_went_on_did_not_end_it() {
    let now = Snapshot::default();
    let before = SystemTime::now() - MINUTE;
    let text = "thread main, src/main.rs:7: no stock";
    let went_on = run(|recorder, file| {
        file.write(EntryKind::Panic, before, text);
        recorder.record_change("breaker stock", "open");
    });
    assert_cause(&went_on, &now, EndReason::Killed, "no chance");
    let of_task = run(|_, file| {
        let text = "thread tokio-runtime-worker, src/main.rs:7: no stock";
        file.write(EntryKind::Panic, SystemTime::now(), text);
    });
    assert_cause(&of_task, &now, EndReason::Killed, "no chance");
}
