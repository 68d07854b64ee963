//! W3C Baggage through a service.

use crate::service::{VALID, call};

#[test]
fn baggage_is_propagated_without_a_trace_too() {
    let lines = [("traceparent", VALID), ("baggage", "tenant=a")];
    assert_eq!(call(&lines).0["baggage"], "tenant=a");
    assert_eq!(call(&lines[1..]).0["baggage"], "tenant=a");
}
