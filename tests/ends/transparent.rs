//! The bytes on the wire are those of the bare service.

use gusset_tests::cases::{Case, Over};

use crate::matrix::each;
use crate::play::{bare, observed};

#[test]
fn the_bytes_over_http1_are_those_of_the_bare_service() {
    assert_eq!(each(Over::Http1, check), 155);
}

#[test]
fn the_frames_over_http2_are_those_of_the_bare_service() {
    assert_eq!(each(Over::Http2, check), 155);
}

#[test]
fn the_bytes_over_axum_and_http1_are_those_of_the_bare_router() {
    assert_eq!(each(Over::AxumHttp1, check), 145);
}

#[test]
fn the_frames_over_axum_and_http2_are_those_of_the_bare_router() {
    assert_eq!(each(Over::AxumHttp2, check), 145);
}

fn check(case: Case) {
    let bare = bare(case);
    let (wire, _) = observed(case);
    assert_eq!(wire, bare);
}
