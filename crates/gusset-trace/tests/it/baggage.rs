//! W3C Baggage through a service.

use crate::service::{VALID, call};

#[test]
fn a_service_hands_its_baggage_on_with_a_trace_or_without() {
    let lines = [("traceparent", VALID), ("baggage", "tenant=a")];
    assert_eq!(call(&lines).0["baggage"], "tenant=a");
    assert_eq!(call(&lines[1..]).0["baggage"], "tenant=a");
}
