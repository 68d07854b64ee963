//! The format of AWS X-Ray.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::header::{single_value, trim};
use crate::hex::{self, Case};
use crate::{PropagationContext, Propagator, SpanContext, SpanId, TraceFlags, TraceId};

/// AWS X-Ray: `x-amzn-trace-id: Root=1-{time}-{id};Parent={span};Sampled={0,1}`.
///
/// Other fields are ignored. A span without a sampling decision, or with `Sampled=?`, counts as
/// sampled.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct XRay;

pub(super) static HEADER: HeaderName = HeaderName::from_static("x-amzn-trace-id");

// === impl XRay ===

impl XRay {
    /// Parses the value of `x-amzn-trace-id`.
    ///
    /// Returns `None` if the value is invalid, or if an id is missing.
    pub fn parse(value: &[u8]) -> Option<SpanContext> {
        let (mut trace, mut span) = (None, None);
        let mut flags = TraceFlags::new().with_sampled(true);
        for field in value.split(|&byte| byte == b';').map(trim) {
            if let Some(root) = field.strip_prefix(b"Root=") {
                trace = Some(root_id(root)?);
            } else if let Some(parent) = field.strip_prefix(b"Parent=") {
                let number = hex::parse(parent, Case::Lower).filter(|_| parent.len() == 16)?;
                span = Some(SpanId::from_u128(number)?);
            } else if let Some(decision) = field.strip_prefix(b"Sampled=") {
                flags = match decision {
                    b"0" => flags.with_sampled(false),
                    b"1" | b"?" => flags,
                    _ => return None,
                };
            }
        }
        Some(SpanContext::new(trace?, span?, flags))
    }
}

impl Propagator for XRay {
    fn extract(&self, headers: &HeaderMap) -> PropagationContext {
        PropagationContext {
            span_context: single_value(headers, &HEADER).and_then(Self::parse),
            ..PropagationContext::default()
        }
    }

    fn inject(&self, context: &PropagationContext, headers: &mut HeaderMap) {
        let Some(span) = &context.span_context else {
            return;
        };
        let number = span.trace_id().to_u128();
        let mut value =
            *b"Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0";
        hex::format(number >> 96, &mut value[7..15]);
        hex::format(number, &mut value[16..40]);
        hex::format(span.span_id().to_u128(), &mut value[48..64]);
        if span.flags().is_sampled() {
            value[73] = b'1';
        }
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.insert(&HEADER, value);
        }
    }
}

/// Parses `1-{8 digits}-{24 digits}`. Together, the digits are the trace id.
fn root_id(root: &[u8]) -> Option<TraceId> {
    let (time, id) = root.strip_prefix(b"1-")?.split_at_checked(8)?;
    let id = id.strip_prefix(b"-").filter(|id| id.len() == 24)?;
    let number = |digits| hex::parse(digits, Case::Lower);
    TraceId::from_u128(number(time)? << 96 | number(id)?)
}
