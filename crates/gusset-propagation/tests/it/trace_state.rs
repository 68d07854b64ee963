//! `tracestate`, and what replaces it.

use gusset_propagation::{Propagator, Propagators, SpanContext, TraceState};
use http::HeaderValue;

use crate::support::{VALID, headers};

#[test]
fn what_is_injected_takes_the_place_of_what_was_copied() {
    let mut copied = headers(&[
        ("traceparent", VALID),
        ("traceparent", VALID),
        ("tracestate", "foo=1"),
    ]);
    let root = SpanContext::root();
    Propagators::default().inject(&root.clone().into(), &mut copied);
    assert_eq!(copied.get_all("traceparent").iter().count(), 1);
    assert!(!copied.contains_key("tracestate"));
    let received = Propagators::default().extract(&copied).span_context;
    assert_eq!(received, Some(root));
}

fn state(text: &str) -> TraceState {
    TraceState::from_header_values([&HeaderValue::from_str(text).unwrap()])
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
