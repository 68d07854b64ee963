//! The bytes of connections are the same with and without an observer.

use gusset_tests::cases::{Case, Transport};

use crate::exchange::{observed, without_observer};
use crate::matrix::check_each;

#[test]
fn http1_bytes_are_unchanged() {
    assert_eq!(check_each(Transport::Http1, check), 155);
}

#[test]
fn http2_frames_are_unchanged() {
    assert_eq!(check_each(Transport::Http2, check), 155);
}

#[test]
fn axum_http1_bytes_are_unchanged() {
    assert_eq!(check_each(Transport::AxumHttp1, check), 145);
}

#[test]
fn axum_http2_frames_are_unchanged() {
    assert_eq!(check_each(Transport::AxumHttp2, check), 145);
}

fn check(case: Case) {
    let without_observer = without_observer(case);
    let (wire, _) = observed(case);
    assert_eq!(wire, without_observer);
}
