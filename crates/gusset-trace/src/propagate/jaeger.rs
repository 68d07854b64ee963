//! Jaeger's own format.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode;

use super::w3c::only;
use super::{Propagated, Propagator};
use crate::hex::{self, Case};
use crate::{SpanId, TraceContext, TraceFlags, TraceId};

/// Jaeger's `uber-trace-id: {trace}:{span}:{parent}:{flags}`. Ids may be short, and colons may be
/// percent-encoded. Its baggage, `uberctx-*`, is not read.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct Jaeger;

pub(super) static HEADER: HeaderName = HeaderName::from_static("uber-trace-id");

const SAMPLED: u128 = 1;
const DEBUG: u128 = 1 << 1;

// === impl Jaeger ===

impl Propagator for Jaeger {
    fn extract(&self, headers: &HeaderMap) -> Propagated {
        Propagated {
            trace: only(headers, &HEADER).and_then(parse),
            ..Propagated::default()
        }
    }

    fn inject(&self, context: &Propagated, headers: &mut HeaderMap) {
        let Some(trace) = &context.trace else {
            return;
        };
        // The parent's place is out of use, and zero.
        let mut value = *b"00000000000000000000000000000000:0000000000000000:0:0";
        hex::write(trace.trace_id().number(), &mut value[..32]);
        hex::write(trace.span_id().number(), &mut value[33..49]);
        value[52] = match trace.flags() {
            flags if flags.is_debug() => b'3',
            flags if flags.is_sampled() => b'1',
            _ => b'0',
        };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.insert(&HEADER, value);
        }
    }
}

fn parse(value: &[u8]) -> Option<TraceContext> {
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
    let (trace, span) = (TraceId::from_number(trace)?, SpanId::from_number(span)?);
    Some(TraceContext::new(trace, span, flags))
}
