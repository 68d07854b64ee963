//! The format of Jaeger's own clients.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use crate::header::single_value;
use crate::hex::{self, Case};
use crate::{Baggage, PropagationContext, Propagator, SpanContext, SpanId, TraceFlags, TraceId};

/// Jaeger: `uber-trace-id: {trace}:{span}:{parent}:{flags}`.
///
/// Received ids may lack leading zeros, and colons may be percent-encoded. Baggage is one header per
/// member, `uberctx-{key}: {value}`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct Jaeger;

pub(super) static HEADER: HeaderName = HeaderName::from_static("uber-trace-id");

const BAGGAGE_PREFIX: &str = "uberctx-";

const SAMPLED: u128 = 1;
const DEBUG: u128 = 1 << 1;

// === impl Jaeger ===

impl Jaeger {
    /// Parses the value of `uber-trace-id`.
    ///
    /// Returns `None` if the value is invalid.
    pub fn parse(value: &[u8]) -> Option<SpanContext> {
        let value = Cow::from(percent_decode(value));
        let mut fields = value.split(|&byte| byte == b':');
        let mut number = || hex::parse(fields.next()?, Case::Any);
        let (trace, span) = (number()?, number()?);
        let (_parent, bits) = (number()?, number()?);
        if fields.next().is_some() || bits > 0xff {
            return None;
        }
        let mut flags = TraceFlags::new().with_sampled(bits & SAMPLED != 0);
        if bits & (SAMPLED | DEBUG) == SAMPLED | DEBUG {
            flags = flags.with_debug();
        }
        let (trace, span) = (TraceId::from_u128(trace)?, SpanId::from_u128(span)?);
        Some(SpanContext::new(trace, span, flags))
    }
}

impl Propagator for Jaeger {
    fn extract(&self, headers: &HeaderMap) -> PropagationContext {
        let members = headers.iter().filter_map(|(name, value)| {
            let key = name.as_str().strip_prefix(BAGGAGE_PREFIX)?;
            let value = percent_decode(value.as_bytes()).decode_utf8().ok()?;
            Some((key, value))
        });
        PropagationContext {
            span_context: single_value(headers, &HEADER).and_then(Self::parse),
            sampling_request: None,
            baggage: Baggage::from_pairs(members),
        }
    }

    fn inject(&self, context: &PropagationContext, headers: &mut HeaderMap) {
        inject_baggage(&context.baggage, headers);
        let Some(span) = &context.span_context else {
            return;
        };
        // The field for the parent is deprecated, and zero.
        let mut value = *b"00000000000000000000000000000000:0000000000000000:0:0";
        hex::format(span.trace_id().to_u128(), &mut value[..32]);
        hex::format(span.span_id().to_u128(), &mut value[33..49]);
        value[52] = match span.flags() {
            flags if flags.is_debug() => b'3',
            flags if flags.is_sampled() => b'1',
            _ => b'0',
        };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.insert(&HEADER, value);
        }
    }
}

/// Writes one header per member, in place of those that were copied from a received request.
fn inject_baggage(baggage: &Baggage, headers: &mut HeaderMap) {
    let names = headers
        .keys()
        .filter(|name| name.as_str().starts_with(BAGGAGE_PREFIX));
    let stale: Vec<HeaderName> = names.cloned().collect();
    for name in stale {
        headers.remove(name);
    }
    for (key, value) in baggage.iter() {
        let name = HeaderName::try_from(format!("{BAGGAGE_PREFIX}{key}"));
        let value = utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string();
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            // Not `insert`: baggage may have several members with one key.
            headers.append(name, value);
        }
    }
}
