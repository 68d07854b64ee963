//! B3, in one header or in several.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::header::single_value;
use crate::hex::{self, Case};
use crate::{PropagationContext, Propagator, SpanContext, SpanId, TraceFlags, TraceId};

/// B3, the format of Zipkin, in one header or in several.
///
/// Reads both forms, the single header first, and writes one of them. A span without a sampling
/// decision counts as sampled. A decision without ids, such as `b3: 0`, applies to the trace that begins
/// at the receiver ([`PropagationContext::sampling_request`]).
#[derive(Clone, Copy, Debug)]
pub struct B3 {
    single: bool,
}

pub(super) static SINGLE: HeaderName = HeaderName::from_static("b3");
pub(super) static TRACE_ID: HeaderName = HeaderName::from_static("x-b3-traceid");
static SPAN_ID: HeaderName = HeaderName::from_static("x-b3-spanid");
static PARENT_SPAN_ID: HeaderName = HeaderName::from_static("x-b3-parentspanid");
static SAMPLED: HeaderName = HeaderName::from_static("x-b3-sampled");
static FLAGS: HeaderName = HeaderName::from_static("x-b3-flags");

// === impl B3 ===

impl B3 {
    /// Returns a propagator that writes `b3`.
    pub const fn single() -> Self {
        Self { single: true }
    }

    /// Returns a propagator that writes `x-b3-traceid`, `x-b3-spanid` and `x-b3-sampled`.
    pub const fn multi() -> Self {
        Self { single: false }
    }

    /// Parses the value of `b3`: `{trace}-{span}[-{decision}[-{parent}]]`.
    ///
    /// Returns `None` if the value is invalid, or if it is a decision without ids.
    pub fn parse(value: &[u8]) -> Option<SpanContext> {
        let mut fields = value.split(|&byte| byte == b'-');
        let (trace, span) = (fields.next()?, fields.next()?);
        let flags = match fields.next() {
            None => TraceFlags::new().with_sampled(true),
            Some(b"d") => TraceFlags::new().with_debug(),
            Some(b"1") => TraceFlags::new().with_sampled(true),
            Some(b"0") => TraceFlags::new(),
            Some(_) => return None,
        };
        if let Some(parent) = fields.next() {
            span_id(parent)?;
        }
        if fields.next().is_some() {
            return None;
        }
        context(trace, span, flags)
    }
}

impl Propagator for B3 {
    fn extract(&self, headers: &HeaderMap) -> PropagationContext {
        let span_context = single_value(headers, &SINGLE)
            .and_then(Self::parse)
            .or_else(|| parse_multi(headers));
        PropagationContext {
            sampling_request: match span_context {
                Some(_) => None,
                None => decision_alone(headers),
            },
            span_context,
            ..PropagationContext::default()
        }
    }

    fn inject(&self, context: &PropagationContext, headers: &mut HeaderMap) {
        let Some(span) = &context.span_context else {
            return;
        };
        let flags = span.flags();
        if self.single {
            let mut value = *b"00000000000000000000000000000000-0000000000000000-0";
            hex::format(span.trace_id().to_u128(), &mut value[..32]);
            hex::format(span.span_id().to_u128(), &mut value[33..49]);
            value[50] = match flags {
                flags if flags.is_debug() => b'd',
                flags if flags.is_sampled() => b'1',
                _ => b'0',
            };
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.insert(&SINGLE, value);
            }
            return;
        }
        let mut digits = [0; 48];
        let (trace_id, span_id) = digits.split_at_mut(32);
        hex::format(span.trace_id().to_u128(), trace_id);
        hex::format(span.span_id().to_u128(), span_id);
        for (name, digits) in [(&TRACE_ID, trace_id), (&SPAN_ID, span_id)] {
            if let Ok(value) = HeaderValue::from_bytes(digits) {
                headers.insert(name, value);
            }
        }
        // May have been copied from a received request.
        headers.remove(&PARENT_SPAN_ID);
        headers.remove(if flags.is_debug() { &SAMPLED } else { &FLAGS });
        let (name, value) = match flags {
            flags if flags.is_debug() => (&FLAGS, "1"),
            flags if flags.is_sampled() => (&SAMPLED, "1"),
            _ => (&SAMPLED, "0"),
        };
        headers.insert(name, HeaderValue::from_static(value));
        // A copied single header takes precedence over these when it is read.
        if headers.contains_key(&SINGLE) {
            Self::single().inject(context, headers);
        }
    }
}

/// Reads a sampling decision that has no ids.
fn decision_alone(headers: &HeaderMap) -> Option<bool> {
    match single_value(headers, &SINGLE) {
        Some(b"0") => return Some(false),
        Some(b"1" | b"d") => return Some(true),
        _ => {}
    }
    if headers.contains_key(&TRACE_ID) || headers.contains_key(&SPAN_ID) {
        return None;
    }
    if single_value(headers, &FLAGS) == Some(b"1") {
        return Some(true);
    }
    match single_value(headers, &SAMPLED)? {
        b"0" | b"false" => Some(false),
        b"1" | b"true" => Some(true),
        _ => None,
    }
}

/// Parses the form in several headers.
fn parse_multi(headers: &HeaderMap) -> Option<SpanContext> {
    let (trace, span) = (
        single_value(headers, &TRACE_ID)?,
        single_value(headers, &SPAN_ID)?,
    );
    let flags = match (
        single_value(headers, &FLAGS),
        single_value(headers, &SAMPLED),
    ) {
        (Some(b"1"), _) => TraceFlags::new().with_debug(),
        (_, None | Some(b"1" | b"true")) => TraceFlags::new().with_sampled(true),
        (_, Some(b"0" | b"false")) => TraceFlags::new(),
        _ => return None,
    };
    context(trace, span, flags)
}

fn context(trace: &[u8], span: &[u8], flags: TraceFlags) -> Option<SpanContext> {
    if !matches!(trace.len(), 16 | 32) {
        return None;
    }
    let trace = TraceId::from_u128(hex::parse(trace, Case::Lower)?)?;
    Some(SpanContext::new(trace, span_id(span)?, flags))
}

fn span_id(digits: &[u8]) -> Option<SpanId> {
    let number = hex::parse(digits, Case::Lower).filter(|_| digits.len() == 16)?;
    SpanId::from_u128(number)
}
