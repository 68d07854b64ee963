//! Samplers that need no memory.

use super::{Decision, Ended, Sampler, Sampling};
use crate::hex::{self, Case};

/// Samples everything.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct AlwaysOn;

/// Samples nothing.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "nothing to configure")]
pub struct AlwaysOff;

/// Samples a share of all traces, by their ids: services with the same share choose the same traces,
/// and one with a greater share chooses those and more.
///
/// A trace is sampled if its randomness is at least `(1 - ratio) * 2^56`: that of its `tracestate`
/// (`ot=rv:…`), else the last 7 bytes of its id (OpenTelemetry, consistent probability sampling).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// From here on; `1 << 56` for none.
    threshold: u64,
}

/// Does as the caller did; a trace that begins here is decided by another sampler.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParentBased<S>(S);

/// The bits of randomness.
const BITS: u32 = 56;

// === impl AlwaysOn ===

impl Sampler for AlwaysOn {
    #[inline]
    fn sample(&self, _: &Sampling<'_>) -> Decision {
        Decision::Sample
    }
}

// === impl AlwaysOff ===

impl Sampler for AlwaysOff {
    #[inline]
    fn sample(&self, _: &Sampling<'_>) -> Decision {
        Decision::Drop
    }
}

// === impl Ratio ===

impl Ratio {
    /// A share from 0 to 1; less is 0, more is 1, and what is no number is 0.
    pub fn new(ratio: f64) -> Self {
        let all = 1u64 << BITS;
        let share = if ratio.is_nan() {
            0.0
        } else {
            ratio.clamp(0.0, 1.0)
        };
        // Up to 2^56, which a u64 has place for.
        let chosen = (share * all as f64) as u64;
        Self {
            threshold: all - chosen,
        }
    }
}

impl Sampler for Ratio {
    fn sample(&self, call: &Sampling<'_>) -> Decision {
        let explicit = call.parent.and_then(|parent| {
            let mut fields = parent.state().get("ot")?.split(';');
            let digits = fields.find_map(|field| field.strip_prefix("rv:"))?;
            let digits = Some(digits.as_bytes()).filter(|digits| digits.len() == 14)?;
            hex::parse(digits, Case::Lower)
        });
        let randomness = explicit.unwrap_or(call.trace_id.number()) & ((1 << BITS) - 1);
        if randomness >= u128::from(self.threshold) {
            Decision::Sample
        } else {
            Decision::Drop
        }
    }
}

// === impl ParentBased ===

impl<S: Sampler> ParentBased<S> {
    /// `root` decides on traces that begin here.
    pub const fn new(root: S) -> Self {
        Self(root)
    }
}

impl<S: Sampler> Sampler for ParentBased<S> {
    #[inline]
    fn sample(&self, call: &Sampling<'_>) -> Decision {
        match call.parent {
            Some(parent) if parent.flags().is_sampled() => Decision::Sample,
            Some(_) => Decision::Drop,
            None => self.0.sample(call),
        }
    }

    fn keep(&self, ended: &Ended) -> bool {
        self.0.keep(ended)
    }
}
