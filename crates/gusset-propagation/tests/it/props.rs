//! Arbitrary headers: nothing panics, and what is sent can be received.

use gusset_propagation::{
    HeaderScan, PropagationContext, Propagator, Propagators, SpanContext, SpanId, TraceFlags,
    TraceId,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

const NAMES: [&str; 9] = [
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-sampled",
    "uber-trace-id",
    "x-amzn-trace-id",
];

fn all() -> Propagators {
    Propagators::parse("tracecontext,baggage,b3,b3multi,jaeger,xray").unwrap()
}

/// Returns any bytes, or a value that is nearly valid.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        "[0-9a-f]{1,3}-[0-9a-f]{31,33}-[0-9a-f]{15,17}-[0-9a-f]{1,3}(-x)?".prop_map(String::into),
        "([a-z@ ]{0,4}=?[ -~]{0,4},?){0,40}".prop_map(String::into),
        "(Root=|Parent=|Sampled=|1-|[0-9a-f]{8,24}|;|:|-|%3A|[0-9a-f]{16}){0,8}"
            .prop_map(String::into),
    ]
}

proptest! {
    #[test]
    fn received_context_can_be_sent_and_received_again(
        fields in proptest::collection::vec((0..NAMES.len(), value()), 0..6),
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(HeaderName::from_static(NAMES[name]), value);
            }
        }
        let received = all().extract(&headers);
        let w3c = Propagators::default();
        prop_assert_eq!(
            w3c.extract_scanned(&headers, HeaderScan::new(&headers)),
            w3c.extract(&headers)
        );
        let mut sent = HeaderMap::new();
        w3c.inject(&received, &mut sent);
        let again = w3c.extract(&sent);
        let ids = |context: &PropagationContext| {
            let span = context.span_context.as_ref();
            span.map(|span| (span.trace_id(), span.span_id()))
        };
        prop_assert_eq!(ids(&again), ids(&received));
        let state = |context: &PropagationContext| {
            context.span_context.as_ref().map(|span| span.state().clone())
        };
        prop_assert_eq!(state(&again), state(&received));
        prop_assert_eq!(again.baggage, received.baggage);
    }

    #[test]
    fn format_reads_what_it_writes(
        trace in any::<[u8; 16]>(),
        span in any::<[u8; 8]>(),
        bits in 0..4u8,
    ) {
        let (Some(trace), Some(span)) = (TraceId::from_bytes(trace), SpanId::from_bytes(span)) else {
            return Ok(());
        };
        let context = SpanContext::new(trace, span, TraceFlags::from_bits(bits));
        for format in ["tracecontext", "b3", "b3multi", "jaeger", "xray"] {
            let propagators = Propagators::parse(format).unwrap();
            let mut headers = HeaderMap::new();
            propagators.inject(&context.clone().into(), &mut headers);
            let read = propagators.extract(&headers).span_context.unwrap();
            prop_assert_eq!(read.trace_id(), trace);
            prop_assert_eq!(read.span_id(), span);
            prop_assert_eq!(read.flags().is_sampled(), context.flags().is_sampled());
        }
    }
}
