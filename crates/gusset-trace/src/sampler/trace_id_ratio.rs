//! A sampler by trace id.

use super::{Sampler, SamplingDecision, SamplingParameters};

/// Samples a ratio of all traces, by their ids.
///
/// Services with the same ratio sample the same traces. A service with a higher ratio samples those and
/// more.
///
/// A trace is sampled if its randomness is at least `(1 - ratio) * 2^56`. The randomness is `ot=rv:…` of
/// its `tracestate`, else the last 7 bytes of its id (OpenTelemetry, consistent probability sampling).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceIdRatio {
    /// The lowest randomness that is sampled; `1 << 56` samples no trace.
    threshold: u64,
}

const RANDOMNESS_BITS: u32 = 56;
const RANDOMNESS_DIGITS: usize = RANDOMNESS_BITS as usize / 4;

// === impl TraceIdRatio ===

impl TraceIdRatio {
    /// Creates a sampler for a ratio from 0 to 1.
    ///
    /// A lower value counts as 0, a higher one as 1, and NaN as 0.
    pub fn new(ratio: f64) -> Self {
        let all = 1u64 << RANDOMNESS_BITS;
        let ratio = if ratio.is_nan() {
            0.0
        } else {
            ratio.clamp(0.0, 1.0)
        };
        // At most 2^56, which fits into a u64.
        let sampled = (ratio * all as f64) as u64;
        Self {
            threshold: all - sampled,
        }
    }
}

impl Sampler for TraceIdRatio {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        let explicit = parameters.parent.and_then(|parent| {
            let mut fields = parent.state().get("ot")?.split(';');
            parse_randomness(fields.find_map(|field| field.strip_prefix("rv:"))?)
        });
        let randomness = explicit.unwrap_or_else(|| {
            let [.., a, b, c, d, e, f, g] = parameters.trace_id.to_bytes();
            u64::from_be_bytes([0, a, b, c, d, e, f, g])
        });
        if randomness >= self.threshold {
            SamplingDecision::RecordAndSample
        } else {
            SamplingDecision::Drop
        }
    }
}

fn parse_randomness(digits: &str) -> Option<u64> {
    // `from_str_radix` accepts a sign and capital letters too.
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_valid = digits.len() == RANDOMNESS_DIGITS && digits.bytes().all(is_digit);
    is_valid
        .then(|| u64::from_str_radix(digits, 16).ok())
        .flatten()
}
