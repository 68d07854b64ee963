//! The other stacks record each call before they are measured.
#![allow(missing_docs, reason = "a test")]

use gusset_benches_stacks::{all, recorded};

#[test]
fn each_call_is_answered_and_fastrace_reports_its_span() {
    for scenario in all() {
        if !scenario.name.starts_with("axum/usual") {
            let mut call = (scenario.make)()();
            (0..7).for_each(|_| call());
        }
    }
    assert_eq!(recorded(), (0, 7));
}
