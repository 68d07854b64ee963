//! Every subject writes, because a log that writes nothing would be cheap.

#![allow(missing_docs, reason = "the names of tests are their documentation")]

use std::process::Command;

fn entries(scenario: &str) -> Vec<serde_json::Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_entries"))
        .arg(scenario)
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{scenario}: {output:?}");
    String::from_utf8(output.stdout)
        .expect("the output is UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("entries are JSON"))
        .collect()
}

#[test]
fn every_subject_writes_one_json_entry() {
    for scenario in gusset_benches_logs::all() {
        let silent = ["axum/bare", "axum/pass", "axum/driver", "axum/gusset-off"];
        let expected =
            usize::from(!silent.contains(&scenario.name) && !scenario.name.starts_with("off/"));
        assert_eq!(entries(scenario.name).len(), expected, "{}", scenario.name);
    }
}

#[test]
fn gusset_entry_has_route_and_size() {
    let entry = &entries("axum/gusset")[0];
    assert_eq!(entry["http.route"], "/items/{id}");
    assert_eq!(entry["http.response.status_code"], 200);
    assert_eq!(entry["http.response.body.size"], 12);
}
