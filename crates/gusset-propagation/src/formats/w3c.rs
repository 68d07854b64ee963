//! W3C Trace Context level 2, and W3C Baggage.

use http::{HeaderMap, HeaderValue};

use crate::header::{BAGGAGE, TRACEPARENT, TRACESTATE};
use crate::hex;
use crate::{
    Baggage, HeaderScan, PropagationContext, Propagator, SpanContext, SpanId, TraceFlags, TraceId,
    TraceState,
};

/// W3C Trace Context level 2: the headers `traceparent` and `tracestate`.
///
/// An invalid or repeated `traceparent` counts as missing, and then so does `tracestate`. An invalid
/// `tracestate` does not affect `traceparent`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct W3cTraceContext;

/// W3C Baggage: the header `baggage`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct W3cBaggage;

/// The length of a `traceparent` of version 00.
const TRACEPARENT_BYTES: usize = 55;

// === impl W3cTraceContext ===

impl W3cTraceContext {
    /// Parses the value of `traceparent`: `00-<32 digits>-<16 digits>-<2 digits>`.
    ///
    /// A later version may continue after another dash. Returns `None` if the value is invalid.
    #[inline]
    pub fn parse(value: &[u8]) -> Option<SpanContext> {
        let (fields, rest) = value.split_first_chunk::<TRACEPARENT_BYTES>()?;
        if [2, 35, 52].iter().any(|&at| fields[at] != b'-') {
            return None;
        }
        let version = match fields {
            // The common case skips the parser.
            [b'0', b'0', ..] => 0,
            _ => hex::parse_lower(&fields[..2])?,
        };
        match (version, rest) {
            (0xff, _) => return None,
            (0, []) | (1.., [] | [b'-', ..]) => {}
            _ => return None,
        }
        let high = u128::from(hex::parse_lower(&fields[3..19])?);
        let low = u128::from(hex::parse_lower(&fields[19..35])?);
        let span_id = hex::parse_lower(&fields[36..52])?;
        let flags = u8::try_from(hex::parse_lower(&fields[53..])?).ok()?;
        Some(SpanContext::new(
            TraceId::from_u128(high << 64 | low)?,
            SpanId::from_u128(span_id.into())?,
            TraceFlags::from_bits(flags),
        ))
    }

    /// Formats the `traceparent` of a span.
    pub fn traceparent(span: &SpanContext) -> [u8; TRACEPARENT_BYTES] {
        let mut value = *b"00-00000000000000000000000000000000-0000000000000000-00";
        hex::format(span.trace_id().to_u128(), &mut value[3..35]);
        hex::format(span.span_id().to_u128(), &mut value[36..52]);
        hex::format(span.flags().bits().into(), &mut value[53..]);
        value
    }
}

impl Propagator for W3cTraceContext {
    fn extract(&self, headers: &HeaderMap) -> PropagationContext {
        PropagationContext {
            span_context: span_context(headers, HeaderScan::default()),
            sampling_request: None,
            baggage: Baggage::new(),
        }
    }

    #[inline]
    fn inject(&self, context: &PropagationContext, headers: &mut HeaderMap) {
        let Some(span) = &context.span_context else {
            return;
        };
        if let Ok(value) = HeaderValue::from_bytes(&Self::traceparent(span)) {
            headers.insert(&TRACEPARENT, value);
        }
        // An empty state must not be sent, nor one that was copied from a received request.
        match span.state().header() {
            Some(state) => {
                headers.insert(&TRACESTATE, state.clone());
            }
            None => {
                headers.remove(&TRACESTATE);
            }
        }
    }
}

// === impl W3cBaggage ===

impl Propagator for W3cBaggage {
    fn extract(&self, headers: &HeaderMap) -> PropagationContext {
        PropagationContext {
            span_context: None,
            sampling_request: None,
            baggage: baggage(headers, HeaderScan::default()),
        }
    }

    fn inject(&self, context: &PropagationContext, headers: &mut HeaderMap) {
        match context.baggage.header() {
            Some(baggage) => {
                headers.insert(&BAGGAGE, baggage.clone());
            }
            // Baggage that was dropped must not go on in headers that were copied from a request.
            None => {
                headers.remove(&BAGGAGE);
            }
        }
    }
}

/// Reads the span that sent a request.
#[inline]
pub(crate) fn span_context(headers: &HeaderMap, scan: HeaderScan<'_>) -> Option<SpanContext> {
    let parent = scan.traceparent(headers).and_then(W3cTraceContext::parse)?;
    Some(match scan.has_tracestate(headers) {
        false => parent,
        true => parent.with_state(TraceState::from_header_values(headers.get_all(&TRACESTATE))),
    })
}

/// Reads the baggage of a request.
#[inline]
pub(crate) fn baggage(headers: &HeaderMap, scan: HeaderScan<'_>) -> Baggage {
    match scan.has_baggage(headers) {
        false => Baggage::new(),
        true => Baggage::from_header_values(headers.get_all(&BAGGAGE)),
    }
}
