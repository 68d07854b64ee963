//! Where a call belongs in a trace.

/// The ids of the span that a call is: an observer that makes spans tells them, by
/// [`CallObserver::span_ids`](crate::CallObserver::span_ids), and the others find them in
/// [`CallContext::trace`](crate::CallContext::trace), for a log's lines and a metric's exemplars.
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
    /// W3C's trace flags.
    flags: u8,
}

// === impl SpanIds ===

impl SpanIds {
    /// The ids, their most significant bytes first, and whether the span is sampled.
    #[inline]
    pub const fn new(trace_id: [u8; 16], span_id: [u8; 8], sampled: bool) -> Self {
        Self {
            trace_id,
            span_id,
            flags: sampled as u8,
        }
    }

    /// With W3C's trace flags, of which bit 0 says whether the span is sampled.
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

    /// The trace.
    #[inline]
    pub const fn trace_id(self) -> [u8; 16] {
        self.trace_id
    }

    /// The span.
    #[inline]
    pub const fn span_id(self) -> [u8; 8] {
        self.span_id
    }

    /// Whether the span is recorded where traces are kept.
    #[inline]
    pub const fn is_sampled(self) -> bool {
        self.flags & 1 != 0
    }

    /// W3C's trace flags.
    #[inline]
    pub const fn flags(self) -> u8 {
        self.flags
    }
}
