//! Rules of Trace Context level 2 that the W3C test suite does not cover.

use crate::service::{VALID, continued, restarted};

fn with_flags(flags: &str) -> u8 {
    let value = format!("{}{flags}", &VALID[..53]);
    continued(&[("traceparent", &value)]).flags()
}

#[test]
fn random_flag_is_propagated() {
    for flags in 0..4u8 {
        assert_eq!(with_flags(&format!("{flags:02x}")), flags);
    }
}

#[test]
fn unknown_flags_are_sent_as_zero() {
    assert_eq!(with_flags("ff"), 3);
    assert_eq!(with_flags("fc"), 0);
}

#[test]
fn new_trace_has_the_random_flag() {
    assert_eq!(restarted(&[]).flags(), 3);
}

#[test]
fn invalid_tracestate_is_dropped_alone() {
    let sent = continued(&[("traceparent", VALID), ("tracestate", "nonsense")]);
    assert_eq!(sent.state(), None);
}

#[test]
fn long_tracestate_is_sent_completely() {
    let members = (0..32).map(|at| format!("key{at}={}", "v".repeat(256)));
    let state = members.collect::<Vec<_>>().join(",");
    let sent = continued(&[("traceparent", VALID), ("tracestate", &state)]);
    assert_eq!(sent.state().as_deref(), Some(&*state));
}

#[test]
fn header_names_are_lowercase() {
    let sent = continued(&[("TRACEPARENT", VALID), ("TraceState", "foo=1")]);
    let names: Vec<&str> = sent.0.keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["traceparent", "tracestate"]);
}
