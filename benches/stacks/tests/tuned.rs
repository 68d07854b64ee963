//! The stack records each call before it is measured.
#![allow(missing_docs, reason = "a test")]

use gusset_benches_stacks::{all, recorded};

/// Its subscriber is global, so each stack has a process.
#[test]
fn stack_writes_lines_and_spans() {
    let all = all();
    let scenario = all.iter().find(|it| it.name == "axum/usual-tuned");
    let mut call = (scenario.unwrap().make)()();
    (0..7).for_each(|_| call());
    let (lines, spans) = recorded();
    assert!(lines == 7, "{lines} lines");
    assert!(spans == 7, "{spans} spans");
}
