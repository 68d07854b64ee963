//! The ids of a call's span.

/// The ids of a call's span.
///
/// An observer that makes spans returns them from
/// [`CallObserver::span_ids`](crate::CallObserver::span_ids). The others find them in
/// [`CallContext::span_ids`](crate::CallContext::span_ids), for log entries and exemplars.
///
/// ```
/// use gusset_core::SpanIds;
///
/// let ids = SpanIds::new([1; 16], [2; 8], true);
/// assert_eq!(ids.trace_id(), [1; 16]);
/// assert_eq!(ids.span_id(), [2; 8]);
/// assert!(ids.is_sampled());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanIds {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    /// The W3C trace flags.
    flags: u8,
}

// === impl SpanIds ===

impl SpanIds {
    /// Creates ids from their bytes, most significant first, and the sampled flag.
    #[inline]
    pub const fn new(trace_id: [u8; 16], span_id: [u8; 8], sampled: bool) -> Self {
        Self {
            trace_id,
            span_id,
            flags: sampled as u8,
        }
    }

    /// Sets the W3C trace flags. Bit 0 is the sampled flag.
    ///
    /// ```
    /// use gusset_core::SpanIds;
    ///
    /// let ids = SpanIds::new([1; 16], [2; 8], false).with_flags(3);
    /// assert!(ids.is_sampled());
    /// assert_eq!(ids.flags(), 3);
    /// ```
    #[inline]
    #[must_use]
    pub const fn with_flags(mut self, flags: u8) -> Self {
        self.flags = flags;
        self
    }

    /// Returns the trace id.
    #[inline]
    pub const fn trace_id(self) -> [u8; 16] {
        self.trace_id
    }

    /// Returns the span id.
    #[inline]
    pub const fn span_id(self) -> [u8; 8] {
        self.span_id
    }

    /// Returns whether the span is sampled.
    #[inline]
    pub const fn is_sampled(self) -> bool {
        self.flags & 1 != 0
    }

    /// Returns the W3C trace flags.
    #[inline]
    pub const fn flags(self) -> u8 {
        self.flags
    }
}
