//! Rules of Trace Context level 2 that the W3C's suite does not try.

use crate::service::{VALID, continued, restarted};

fn with_flags(flags: &str) -> u8 {
    let value = format!("{}{flags}", &VALID[..53]);
    continued(&[("traceparent", &value)]).flags()
}

#[test]
fn the_random_flag_travels_set_and_unset_sampled_or_not() {
    for flags in 0..4u8 {
        assert_eq!(with_flags(&format!("{flags:02x}")), flags);
    }
}

#[test]
fn flags_that_are_not_known_are_sent_as_zero() {
    assert_eq!(with_flags("ff"), 3);
    assert_eq!(with_flags("fc"), 0);
}

#[test]
fn a_new_trace_is_random_and_says_so() {
    assert_eq!(restarted(&[]).flags(), 3);
}

#[test]
fn a_bad_tracestate_costs_only_itself() {
    let sent = continued(&[("traceparent", VALID), ("tracestate", "nonsense")]);
    assert_eq!(sent.state(), None);
}

#[test]
fn a_tracestate_of_512_bytes_and_far_more_is_sent_whole() {
    let members = (0..32).map(|at| format!("key{at}={}", "v".repeat(256)));
    let state = members.collect::<Vec<_>>().join(",");
    let sent = continued(&[("traceparent", VALID), ("tracestate", &state)]);
    assert_eq!(sent.state().as_deref(), Some(&*state));
}

#[test]
fn header_names_are_sent_in_lowercase() {
    let sent = continued(&[("TRACEPARENT", VALID), ("TraceState", "foo=1")]);
    let names: Vec<&str> = sent.0.keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["traceparent", "tracestate"]);
}
