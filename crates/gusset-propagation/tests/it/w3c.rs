//! W3C Trace Context, one request at a time. The suite of the W3C itself runs in gusset-trace, through
//! a service and its client.

use gusset_propagation::{Propagator, Propagators, SpanContext, TraceState, W3cTraceContext};
use http::HeaderValue;

use crate::support::{VALID, headers};

#[test]
fn traceparent_is_parsed_and_formatted() {
    let span = W3cTraceContext::parse(VALID.as_bytes()).unwrap();
    assert_eq!(span.trace_id().to_string(), &VALID[3..35]);
    assert_eq!(span.span_id().to_string(), &VALID[36..52]);
    assert!(span.flags().is_sampled() && !span.flags().is_random());
    assert_eq!(W3cTraceContext::traceparent(&span), VALID.as_bytes());
}

#[test]
fn injection_replaces_copied_headers() {
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
fn changed_member_moves_to_the_left() {
    let changed = state("a=1,b=2,c=3").with("b", "4").unwrap();
    assert_eq!(changed.as_str(), "b=4,a=1,c=3");
    assert!(changed.with("B", "1").is_err());
    assert!(changed.with("b", "1,2").is_err());
    assert!(changed.with("b", "").is_err());
}

#[test]
fn member_33_removes_the_last_one() {
    let members = (0..32).map(|at| format!("k{at}=1"));
    let full = state(&members.collect::<Vec<_>>().join(","));
    let changed = full.with("new", "1").unwrap();
    assert_eq!(changed.iter().count(), 32);
    assert_eq!(changed.iter().next(), Some(("new", "1")));
    assert_eq!(changed.get("k31"), None);
}

#[test]
fn shortening_removes_large_members_first() {
    let large = format!("large={}", "v".repeat(200));
    let all = state(&format!("a=1,{large},b=2,c=3"));
    assert_eq!(all.shortened_to(1000), all);
    assert_eq!(all.shortened_to(100).as_str(), "a=1,b=2,c=3");
    assert_eq!(all.shortened_to(8).as_str(), "a=1,b=2");
    assert!(all.shortened_to(2).is_empty());
}
