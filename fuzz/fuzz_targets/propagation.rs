//! Headers of trace context and baggage: what a service sends is what it has received.
#![no_main]

use gusset_fuzz::headers;
use gusset_propagation::{
    B3, HeaderScan, Jaeger, PropagationContext, Propagator, Propagators, W3cBaggage,
    W3cTraceContext, XRay, has_known_format,
};
use http::HeaderMap;
use libfuzzer_sys::{arbitrary, fuzz_target};

const NAMES: &[&str] = &[
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-flags",
    "uber-trace-id",
    "uberctx-a",
    "uberctx-b",
    "x-amzn-trace-id",
    "host",
    "user-agent",
];

/// The value of a header: of the right form, or any bytes.
#[derive(Debug, arbitrary::Arbitrary)]
enum Value {
    Bytes(Vec<u8>),
    TraceParent(u8, u128, u64, u8, String),
    B3(u128, u64, u8),
    Jaeger(u128, u64, u64, u8),
    XRay(u32, u128, u64, u8),
    TraceId(u128),
    SpanId(u64),
    Members(Vec<(u8, u8, String)>),
}

// === impl Value ===

impl Value {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::TraceParent(version, trace, span, flags, rest) => {
                format!("{version:02x}-{trace:032x}-{span:016x}-{flags:02x}{rest}").into()
            }
            Self::B3(trace, span, decision) => {
                let decision = ["", "-0", "-1", "-d", "-x"][usize::from(decision) % 5];
                format!("{trace:032x}-{span:016x}{decision}").into()
            }
            Self::Jaeger(trace, span, parent, flags) => {
                format!("{trace:x}:{span:x}:{parent:x}:{flags:x}").into()
            }
            Self::XRay(time, id, span, decision) => {
                let id = id >> 32;
                let decision = ["", ";Sampled=0", ";Sampled=1"][usize::from(decision) % 3];
                format!("Root=1-{time:08x}-{id:024x};Parent={span:016x}{decision}").into()
            }
            Self::TraceId(id) => format!("{id:032x}").into(),
            Self::SpanId(id) => format!("{id:016x}").into(),
            Self::Members(members) => {
                let members = members.into_iter().map(|(key, space, value)| {
                    let space = ["", " ", "\t", "; "][usize::from(space) % 4];
                    format!("{space}{key:x}{space}={value}{space}")
                });
                members.collect::<Vec<_>>().join(",").into()
            }
        }
    }
}

fuzz_target!(|input: (Vec<(u8, Value)>, String)| {
    let (fields, list) = input;
    let fields: Vec<(u8, Vec<u8>)> = fields
        .into_iter()
        .map(|(name, value)| (name, value.into_bytes()))
        .collect();
    let received = headers(NAMES, &fields);

    let formats: [&dyn Propagator; 6] = [
        &W3cTraceContext,
        &W3cBaggage,
        &B3::single(),
        &B3::multi(),
        &Jaeger,
        &XRay,
    ];
    let mut is_known = false;
    for format in formats {
        let context = format.extract(&received);
        is_known |= context.span_context.is_some();
        assert_eq!(format.extract(&injected(format, &context)), context);
        replaces_copied_headers(format, &context, &received);
    }
    assert_eq!(has_known_format(&received), is_known);

    let default = Propagators::default();
    let context = default.extract(&received);
    let scanned = default.extract_scanned(&received, HeaderScan::new(&received));
    assert_eq!(scanned, context);
    assert_eq!(default.extract(&injected(&default, &context)), context);

    // The formats carry different flags, so only the ids are compared.
    if let Ok(listed) = Propagators::parse(&list) {
        let context = listed.extract(&received);
        let sent = listed.extract(&injected(&listed, &context));
        assert_eq!(ids(&sent), ids(&context));
    }
});

fn injected(format: &dyn Propagator, context: &PropagationContext) -> HeaderMap {
    let mut sent = HeaderMap::new();
    format.inject(context, &mut sent);
    sent
}

/// Checks that a child span replaces its parent in headers that a proxy copied.
fn replaces_copied_headers(
    format: &dyn Propagator,
    context: &PropagationContext,
    received: &HeaderMap,
) {
    let Some(parent) = &context.span_context else {
        return;
    };
    let mut child = context.clone();
    child.span_context = Some(parent.child());
    let mut sent = received.clone();
    format.inject(&child, &mut sent);
    assert_eq!(format.extract(&sent), child);
}

fn ids(context: &PropagationContext) -> Option<(String, String)> {
    let span = context.span_context.as_ref()?;
    Some((span.trace_id().to_string(), span.span_id().to_string()))
}
