//! W3C Trace Context, level 2, and W3C Baggage.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Propagated, Propagator};
use crate::glance::Glance;
use crate::hex;
pub(crate) use crate::state::trim;
use crate::{Baggage, SpanId, TraceContext, TraceFlags, TraceId, TraceState};

/// W3C Trace Context level 2: `traceparent` and `tracestate`, read strictly.
///
/// A `traceparent` that is not by the rules, or is there twice, is none, and `tracestate` is not
/// looked at then. A bad `tracestate` costs only itself.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct W3cTraceContext;

/// W3C Baggage: `baggage`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct W3cBaggage;

pub(crate) static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(crate) static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
pub(crate) static BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// The length of a `traceparent` of version 00.
const LENGTH: usize = 55;

// === impl W3cTraceContext ===

impl Propagator for W3cTraceContext {
    fn extract(&self, headers: &HeaderMap) -> Propagated {
        Propagated {
            trace: trace(headers, Glance::default()),
            baggage: Baggage::new(),
        }
    }

    fn inject(&self, context: &Propagated, headers: &mut HeaderMap) {
        let Some(trace) = &context.trace else {
            return;
        };
        if let Ok(value) = HeaderValue::from_bytes(&traceparent(trace)) {
            headers.insert(&TRACEPARENT, value);
        }
        // Never an empty line, and never somebody else's.
        match trace.state().header() {
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
    fn extract(&self, headers: &HeaderMap) -> Propagated {
        Propagated {
            trace: None,
            baggage: baggage(headers, Glance::default()),
        }
    }

    fn inject(&self, context: &Propagated, headers: &mut HeaderMap) {
        if let Some(baggage) = context.baggage.header() {
            headers.insert(&BAGGAGE, baggage.clone());
        }
    }
}

/// The trace that a message belongs to.
#[inline]
pub(super) fn trace(headers: &HeaderMap, glance: Glance<'_>) -> Option<TraceContext> {
    let parent = glance.parent(headers).and_then(parse)?;
    Some(match glance.has_state(headers) {
        false => parent,
        true => parent.with_state(TraceState::from_lines(headers.get_all(&TRACESTATE))),
    })
}

/// The baggage of a message.
#[inline]
pub(super) fn baggage(headers: &HeaderMap, glance: Glance<'_>) -> Baggage {
    match glance.has_baggage(headers) {
        false => Baggage::new(),
        true => Baggage::from_lines(headers.get_all(&BAGGAGE)),
    }
}

/// The value of a header that must not be there twice.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| trim(value.as_bytes()))
}

/// `00-<32 digits>-<16 digits>-<2 digits>`; a later version may go on behind a dash.
fn parse(value: &[u8]) -> Option<TraceContext> {
    let (fields, rest) = value.split_first_chunk::<LENGTH>()?;
    if [2, 35, 52].iter().any(|&at| fields[at] != b'-') {
        return None;
    }
    let version = match fields {
        // Nearly always.
        [b'0', b'0', ..] => 0,
        _ => hex::lower(&fields[..2])?,
    };
    match (version, rest) {
        (0xff, _) => return None,
        (0, []) | (1.., [] | [b'-', ..]) => {}
        _ => return None,
    }
    let high = u128::from(hex::lower(&fields[3..19])?);
    let low = u128::from(hex::lower(&fields[19..35])?);
    let span_id = hex::lower(&fields[36..52])?;
    let flags = u8::try_from(hex::lower(&fields[53..])?).ok()?;
    Some(TraceContext::new(
        TraceId::from_number(high << 64 | low)?,
        SpanId::from_number(span_id.into())?,
        TraceFlags::from_bits(flags),
    ))
}

/// `00-…`, as it travels.
pub(crate) fn traceparent(trace: &TraceContext) -> [u8; LENGTH] {
    let mut value = *b"00-00000000000000000000000000000000-0000000000000000-00";
    hex::write(trace.trace_id().number(), &mut value[3..35]);
    hex::write(trace.span_id().number(), &mut value[36..52]);
    hex::write(trace.flags().bits().into(), &mut value[53..]);
    value
}
