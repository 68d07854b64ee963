//! Each job is done before it is measured.
#![allow(missing_docs, reason = "a test")]

use gusset_benches_whole::all;

/// Only one scenario can be set up in a process: its subscriber is global.
#[test]
fn five_jobs_answer_and_record() {
    let all = all();
    let scenario = all
        .iter()
        .find(|scenario| scenario.name == "axum/five-jobs");
    let mut call = (scenario.unwrap().make)()();
    (0..7).for_each(|_| call());
    let page = gusset_benches_whole::layers::page();
    let count = |line: &&str| line.starts_with("http_server_request_duration_seconds_count");
    let count = page.lines().find(count).unwrap();
    assert!(count.ends_with(" 7"), "{count}");
    let passed = "gusset_breaker_calls_total{gusset_breaker_name=\"route\",gusset_breaker_result=\"success\"} 7";
    assert!(page.contains(passed), "{page}");
}
