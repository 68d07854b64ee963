//! The matrix: exactly one end for every call.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gusset_tests::cases::{Case, Over};

use crate::expected::{expected, told};
use crate::play::observed;

#[test]
fn every_call_over_http1_has_exactly_one_end_the_true_one() {
    // 5 × 11 × 3, without the 2 × 5 whose client would leave a body that never comes.
    assert_eq!(each(Over::Http1, check), 155);
}

#[test]
fn every_call_over_http2_has_exactly_one_end_the_true_one() {
    assert_eq!(each(Over::Http2, check), 155);
}

#[test]
fn every_call_over_axum_and_http1_has_exactly_one_end_the_true_one() {
    // Without the 5 × 3 of a service's `Err` either, of which 5 were among those already.
    assert_eq!(each(Over::AxumHttp1, check), 145);
}

#[test]
fn every_call_over_axum_and_http2_has_exactly_one_end_the_true_one() {
    assert_eq!(each(Over::AxumHttp2, check), 145);
}

fn check(case: Case) {
    let (_, fact) = observed(case);
    assert_eq!(told(&fact), expected(case), "{fact:#?}");
}

/// Checks every case that applies, says which fail, and gives how many there were.
pub(crate) fn each(over: Over, check: fn(Case)) -> usize {
    let (mut count, mut failed) = (0, Vec::new());
    for case in over.cases() {
        count += 1;
        if catch_unwind(AssertUnwindSafe(|| check(case))).is_err() {
            eprintln!("^ this was {case}\n");
            failed.push(case.to_string());
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {count} failed: {failed:#?}",
        failed.len()
    );
    count
}
