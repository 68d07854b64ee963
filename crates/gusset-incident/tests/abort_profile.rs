//! A process that is built with `panic = "abort"`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use gusset_incident::{Directory, EndReason, Report, previous_runs};
use gusset_system::Snapshot;
use tempfile::tempdir;

const SIGABRT: i32 = 6;

#[test]
fn report_is_made_before_the_process_aborts() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abort");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--example", "aborts"])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .args([
            "--config",
            "profile.dev.panic='abort'",
            "--config",
            "profile.dev.debug=0",
        ])
        .arg("--target-dir")
        .arg(&target)
        .status()
        .unwrap();
    assert!(built.success());

    let folder = tempdir().unwrap();
    let output = Command::new(target.join("debug/examples/aborts"))
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.signal(), Some(SIGABRT));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "flushed\n");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("index out of bounds"),
        "the former hook ran: {error}"
    );

    let reports = Directory::new(folder.path()).reports();
    assert_eq!(reports.len(), 1);
    let report = Report::from_json(&std::fs::read_to_string(&reports[0]).unwrap()).unwrap();
    assert!(
        report.detail.starts_with("thread main, "),
        "{}",
        report.detail
    );
    let runs = previous_runs(folder.path(), "aborts");
    assert_eq!(
        runs[0].end_cause(&Snapshot::default()).reason,
        EndReason::Panicked
    );
}
