//! Rules of Trace Context level 2 that the W3C's suite does not try.

use gusset_trace::{Propagator, Propagators, TraceContext, TraceState};
use http::HeaderValue;

use crate::service::{VALID, continued, headers, restarted};

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
fn what_is_injected_takes_the_place_of_what_was_copied() {
    let mut copied = headers(&[
        ("traceparent", VALID),
        ("traceparent", VALID),
        ("tracestate", "foo=1"),
    ]);
    let root = TraceContext::root();
    Propagators::default().inject(&root.clone().into(), &mut copied);
    assert_eq!(copied.get_all("traceparent").iter().count(), 1);
    assert!(!copied.contains_key("tracestate"));
    let received = Propagators::default().extract(&copied).trace;
    assert_eq!(received, Some(root));
}

#[test]
fn header_names_are_sent_in_lowercase() {
    let sent = continued(&[("TRACEPARENT", VALID), ("TraceState", "foo=1")]);
    let names: Vec<&str> = sent.0.keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["traceparent", "tracestate"]);
}

fn state(text: &str) -> TraceState {
    TraceState::from_lines([&HeaderValue::from_str(text).unwrap()])
}

#[test]
fn a_member_that_is_changed_moves_to_the_left_and_the_others_stay() {
    let changed = state("a=1,b=2,c=3").with("b", "4").unwrap();
    assert_eq!(changed.as_str(), "b=4,a=1,c=3");
    assert!(changed.with("B", "1").is_err());
    assert!(changed.with("b", "1,2").is_err());
    assert!(changed.with("b", "").is_err());
}

#[test]
fn a_33rd_member_pushes_out_the_last() {
    let members = (0..32).map(|at| format!("k{at}=1"));
    let full = state(&members.collect::<Vec<_>>().join(","));
    let changed = full.with("new", "1").unwrap();
    assert_eq!(changed.iter().count(), 32);
    assert_eq!(changed.iter().next(), Some(("new", "1")));
    assert_eq!(changed.get("k31"), None);
}

#[test]
fn shortening_drops_whole_members_the_large_ones_first_then_from_the_right() {
    let large = format!("large={}", "v".repeat(200));
    let all = state(&format!("a=1,{large},b=2,c=3"));
    assert_eq!(all.shortened_to(1000), all);
    assert_eq!(all.shortened_to(100).as_str(), "a=1,b=2,c=3");
    assert_eq!(all.shortened_to(8).as_str(), "a=1,b=2");
    assert!(all.shortened_to(2).is_empty());
}
