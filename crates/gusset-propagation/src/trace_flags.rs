//! The flags of a trace.

/// The flags of a trace that W3C Trace Context level 2 knows; all others are zero.
///
/// ```
/// use gusset_propagation::TraceFlags;
///
/// let flags = TraceFlags::new().with_sampled(true).with_random(true);
/// assert!(flags.is_sampled() && flags.is_random());
/// assert_eq!(flags.bits(), 3);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TraceFlags(u8);

const SAMPLED: u8 = 1;
const RANDOM: u8 = 1 << 1;
/// B3's and Jaeger's "debug", kept to be handed on to those; never seen in `bits`.
const DEBUG: u8 = 1 << 7;

// === impl TraceFlags ===

impl TraceFlags {
    /// No flag set.
    pub const fn new() -> Self {
        Self(0)
    }

    /// Of those bits the ones that are known.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & (SAMPLED | RANDOM))
    }

    /// The bits as they travel in a `traceparent`.
    #[inline]
    pub const fn bits(self) -> u8 {
        self.0 & (SAMPLED | RANDOM)
    }

    /// Whether the caller may have recorded the trace.
    #[inline]
    pub const fn is_sampled(self) -> bool {
        self.0 & SAMPLED != 0
    }

    /// Whether the last 7 bytes of the trace's id are random, so that samplers may go by them.
    #[inline]
    pub const fn is_random(self) -> bool {
        self.0 & RANDOM != 0
    }

    /// With the sampled flag so.
    #[must_use]
    pub const fn with_sampled(self, sampled: bool) -> Self {
        // Debug implies sampled, so what is not sampled is not debug.
        let bits = if sampled { SAMPLED } else { SAMPLED | DEBUG };
        self.with(bits, sampled)
    }

    /// With the random flag so.
    #[must_use]
    pub const fn with_random(self, random: bool) -> Self {
        self.with(RANDOM, random)
    }

    pub(crate) const fn is_debug(self) -> bool {
        self.0 & DEBUG != 0
    }

    /// Debug implies sampled (B3).
    pub(crate) const fn with_debug(self) -> Self {
        self.with(DEBUG | SAMPLED, true)
    }

    const fn with(self, bits: u8, on: bool) -> Self {
        if on {
            Self(self.0 | bits)
        } else {
            Self(self.0 & !bits)
        }
    }
}
