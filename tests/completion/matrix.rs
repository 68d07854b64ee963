//! The matrix: exactly one end for every call.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gusset_tests::cases::{Case, Transport};

use crate::exchange::observed;
use crate::expected::{actual, expected};

#[test]
fn http1_calls_end_once_as_expected() {
    // 5 × 11 × 3, without the 2 × 5 cases that have no body during which a client could disconnect.
    assert_eq!(check_each(Transport::Http1, check), 155);
}

#[test]
fn http2_calls_end_once_as_expected() {
    assert_eq!(check_each(Transport::Http2, check), 155);
}

#[test]
fn axum_http1_calls_end_once_as_expected() {
    // Also without the 5 × 3 cases of a service that returns `Err`, 5 of which were excluded
    // already.
    assert_eq!(check_each(Transport::AxumHttp1, check), 145);
}

#[test]
fn axum_http2_calls_end_once_as_expected() {
    assert_eq!(check_each(Transport::AxumHttp2, check), 145);
}

fn check(case: Case) {
    let (_, call) = observed(case);
    assert_eq!(actual(&call), expected(case), "{call:#?}");
}

/// Checks every applicable case, prints those that fail, and returns the number of cases.
pub(crate) fn check_each(transport: Transport, check: fn(Case)) -> usize {
    let (mut count, mut failed) = (0, Vec::new());
    for case in transport.cases() {
        count += 1;
        if catch_unwind(AssertUnwindSafe(|| check(case))).is_err() {
            eprintln!("^ {case}\n");
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
