//! The program that prints a report.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::ffi::OsStr;
use std::process::{Command, Output};

use gusset_incident::{Directory, FlightRecorder, Incidents, Trigger};
use tempfile::tempdir;

fn incident<A: AsRef<OsStr>>(arguments: &[A]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_incident"));
    command.args(arguments).output().unwrap()
}

#[test]
fn report_is_printed_for_people() {
    let folder = tempdir().unwrap();
    let recorder = FlightRecorder::builder().build().unwrap();
    let incidents = Incidents::builder("shop", recorder)
        .destination(Directory::new(folder.path()))
        .start()
        .unwrap();
    let captured = incidents.capture(Trigger::Manual, "test").unwrap();
    let path = &captured.delivered[0];
    let output = incident(&["show", path]);
    assert!(output.status.success());
    let page = std::fs::read_to_string(path.replace(".json", ".md")).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), page);
}

#[test]
fn what_is_no_report_is_an_error_with_the_path() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("other.json");
    std::fs::write(&path, r#"{"format":"incident/v9"}"#).unwrap();
    let output = incident(&[OsStr::new("show"), path.as_os_str()]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    let expected =
        "other.json: not an incident report: the format is incident/v9 and not incident/v1\n";
    assert!(error.ends_with(expected), "{error}");
}

#[test]
fn wrong_arguments_print_the_usage() {
    for arguments in [&[][..], &["show"], &["print", "x"]] {
        let output = incident(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("usage: incident show FILE"));
    }
}
