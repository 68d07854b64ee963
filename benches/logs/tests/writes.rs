//! Everybody writes, before it is measured what that costs.

#![allow(missing_docs, reason = "tests say what they test by their names")]

use std::process::Command;

fn lines(scenario: &str) -> Vec<serde_json::Value> {
    let lines = Command::new(env!("CARGO_BIN_EXE_lines"))
        .arg(scenario)
        .output()
        .expect("it runs");
    assert!(lines.status.success(), "{scenario}: {lines:?}");
    String::from_utf8(lines.stdout)
        .expect("lines are texts")
        .lines()
        .map(|line| serde_json::from_str(line).expect("lines are JSON"))
        .collect()
}

#[test]
fn everybody_writes_one_line_of_json() {
    for scenario in gusset_benches_logs::all() {
        let silent = ["axum/bare", "axum/pass", "axum/driver", "axum/gusset-off"];
        let expected =
            usize::from(!silent.contains(&scenario.name) && !scenario.name.starts_with("off/"));
        assert_eq!(lines(scenario.name).len(), expected, "{}", scenario.name);
    }
}

#[test]
fn a_line_of_ours_tells_more_of_a_call() {
    let ours = &lines("axum/gusset")[0];
    assert_eq!(ours["http.route"], "/items/{id}");
    assert_eq!(ours["http.response.status_code"], 200);
    assert_eq!(ours["http.response.body.size"], 12);
}
