//! The scenarios of this folder pass, and a replay reports mismatches.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "test names document the tests; a test may panic"
)]

mod adaptive;
mod configure;
mod replay;
mod schema;

use serde_json::{Value, json};

use crate::replay::replay;

/// Returns each file of this folder.
fn files() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.display().to_string(), text)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn all_scenarios_pass() {
    let files = files();
    assert!(files.len() >= 2, "{}", files.len());
    for (name, text) in files {
        let report = replay(&text).unwrap();
        assert_eq!(report.mismatches, [""; 0], "{name}");
        assert!(report.steps > 0, "{name} has no steps");
    }
}

/// Replays a scenario that passes, with one change.
fn replay_changed(change: impl FnOnce(&mut Value)) -> Result<Vec<String>, String> {
    let mut file = json!({"scenarios": [{
        "name": "one",
        "config": {
            "window": {"type": "count", "size": 2}, "minimum_calls": 2, "failure_rate": 0.5,
            "half_open_calls": 1, "open_for_ms": 1000,
        },
        "steps": [
            {"at_ms": 0, "op": "acquire", "call": "a", "expect": {"admitted": true}},
            {"at_ms": 1, "op": "failure", "call": "a", "expect": {"state": "closed", "window_calls": 1}},
            {"at_ms": 2, "op": "call", "outcome": "failure", "expect": {"state": "open"}},
            {"at_ms": 1002, "op": "acquire", "call": "p", "expect": {"permits_left": 0}},
        ],
    }]});
    change(&mut file);
    replay(&file.to_string()).map(|report| report.mismatches)
}

#[test]
fn valid_scenario_has_no_mismatch() {
    assert_eq!(replay_changed(|_| ()), Ok(vec![]));
}

#[test]
fn mismatch_is_reported_with_step() {
    let mismatches = |step: usize, expect: Value| {
        replay_changed(|file| file["scenarios"][0]["steps"][step]["expect"] = expect).unwrap()
    };
    assert_eq!(
        mismatches(0, json!({"admitted": false})),
        ["one: step 0 (Acquire at 0 ms): admitted is true, expected false"]
    );
    assert_eq!(
        mismatches(1, json!({"state": "half_open", "window_calls": 2})),
        [
            "one: step 1 (Failure at 1 ms): state is Closed, expected HalfOpen",
            "one: step 1 (Failure at 1 ms): window_calls is 1, expected 2"
        ]
    );
    assert_eq!(
        mismatches(1, json!({"permits_left": 3})),
        ["one: step 1 (Failure at 1 ms): permits_left is none, expected 3"]
    );
}

#[test]
fn unknown_fields_are_rejected() {
    let steps = |key: &str, value: Value| {
        replay_changed(|file| file["scenarios"][0]["steps"][0][key] = value).unwrap_err()
    };
    assert!(steps("op", json!("explode")).contains("explode"));
    assert!(steps("expcet", json!({})).contains("expcet"));
    assert!(steps("expect", json!({"stat": "open"})).contains("stat"));
    assert!(steps("at_ms", json!(-1)).contains("-1"));
    let config = |key: &str, value: Value| {
        replay_changed(|file| file["scenarios"][0]["config"][key] = value).unwrap()
    };
    assert!(config("colour", json!(1))[0].contains("colour"));
    assert!(config("semantics", json!({"late": "count"}))[0].contains("late"));
    assert!(config("half_open_calls", json!(0))[0].contains("half_open_calls"));
    assert!(config("failure_rate", json!(1.5))[0].contains("failure_rate"));
    assert!(
        replay("{")
            .unwrap_err()
            .contains("does not match the schema")
    );
    assert!(replay("{}").unwrap_err().contains("scenarios"));
}
