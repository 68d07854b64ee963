//! The flags of a trace.

/// The flags of a trace that W3C Trace Context level 2 defines. All other flags are zero.
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
/// The debug flag of B3 and Jaeger. It is kept for those formats and never part of `bits`.
const DEBUG: u8 = 1 << 7;

// === impl TraceFlags ===

impl TraceFlags {
    /// Returns flags of which none is set.
    pub const fn new() -> Self {
        Self(0)
    }

    /// Returns the flags of a `traceparent`. Undefined ones are cleared.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & (SAMPLED | RANDOM))
    }

    /// Returns the flags as a `traceparent` has them.
    #[inline]
    pub const fn bits(self) -> u8 {
        self.0 & (SAMPLED | RANDOM)
    }

    /// Returns whether the sender may have recorded the trace.
    #[inline]
    pub const fn is_sampled(self) -> bool {
        self.0 & SAMPLED != 0
    }

    /// Returns whether the last 7 bytes of the trace id are random, so that samplers may use them.
    #[inline]
    pub const fn is_random(self) -> bool {
        self.0 & RANDOM != 0
    }

    /// Sets or clears the sampled flag.
    #[inline]
    #[must_use]
    pub const fn with_sampled(self, sampled: bool) -> Self {
        // In B3, debug implies sampled, so a trace that is not sampled is not debug either.
        let bits = if sampled { SAMPLED } else { SAMPLED | DEBUG };
        self.with(bits, sampled)
    }

    /// Sets or clears the random flag.
    #[must_use]
    pub const fn with_random(self, random: bool) -> Self {
        self.with(RANDOM, random)
    }

    #[cfg(any(feature = "b3", feature = "jaeger"))]
    pub(crate) const fn is_debug(self) -> bool {
        self.0 & DEBUG != 0
    }

    /// Sets the debug flag, and the sampled flag that it implies.
    #[cfg(any(feature = "b3", feature = "jaeger"))]
    pub(crate) const fn with_debug(self) -> Self {
        self.with(DEBUG | SAMPLED, true)
    }

    #[inline]
    const fn with(self, bits: u8, on: bool) -> Self {
        if on {
            Self(self.0 | bits)
        } else {
            Self(self.0 & !bits)
        }
    }
}
