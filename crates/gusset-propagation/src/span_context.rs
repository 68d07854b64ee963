//! The part of a span that other services see.

use gusset_core::SpanIds;

use crate::{SpanId, TraceFlags, TraceId, TraceState};

/// The part of a span that travels between services: its ids, its flags and its trace state.
///
/// ```
/// use gusset_propagation::SpanContext;
///
/// let root = SpanContext::root();
/// let child = root.child();
/// assert_eq!(child.trace_id(), root.trace_id());
/// assert_ne!(child.span_id(), root.span_id());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanContext {
    trace_id: TraceId,
    span_id: SpanId,
    flags: TraceFlags,
    state: TraceState,
}

// === impl SpanContext ===

impl SpanContext {
    /// Returns the context of a span, with an empty trace state.
    #[inline]
    pub const fn new(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> Self {
        Self {
            trace_id,
            span_id,
            flags,
            state: TraceState::new(),
        }
    }

    /// Returns the root span of a new trace, with random ids. The flags are sampled and random.
    pub fn root() -> Self {
        Self::root_with_id(TraceId::random())
    }

    /// Returns the root span of the trace with this id, which must be [random](TraceId::random).
    #[inline]
    pub fn root_with_id(trace_id: TraceId) -> Self {
        let flags = TraceFlags::new().with_sampled(true).with_random(true);
        Self::new(trace_id, SpanId::random(), flags)
    }

    /// Returns a child span with a random id, and the flags and trace state of this one.
    #[must_use]
    pub fn child(&self) -> Self {
        self.clone().with_span_id(SpanId::random())
    }

    /// Turns this context into that of a child, sampled or not, and returns the id of the parent.
    #[inline]
    pub fn advance_to_child(&mut self, is_sampled: bool) -> SpanId {
        self.flags = self.flags.with_sampled(is_sampled);
        std::mem::replace(&mut self.span_id, SpanId::random())
    }

    /// Replaces the id of the span.
    #[inline]
    #[must_use]
    pub fn with_span_id(mut self, span_id: SpanId) -> Self {
        self.span_id = span_id;
        self
    }

    /// Replaces the flags.
    #[must_use]
    pub fn with_flags(mut self, flags: TraceFlags) -> Self {
        self.flags = flags;
        self
    }

    /// Replaces the trace state.
    #[must_use]
    pub fn with_state(mut self, state: TraceState) -> Self {
        self.state = state;
        self
    }

    /// Returns the id of the trace.
    #[inline]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// Returns the id of the span. For the receiver of a request, this is the parent.
    #[inline]
    pub fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// Returns the flags.
    #[inline]
    pub fn flags(&self) -> TraceFlags {
        self.flags
    }

    /// Returns the trace state, which holds the data of tracing vendors.
    #[inline]
    pub fn state(&self) -> &TraceState {
        &self.state
    }

    /// Returns the ids and flags for [`SpanIds::set_current`].
    #[inline]
    pub fn span_ids(&self) -> SpanIds {
        let (trace_id, span_id) = (self.trace_id.to_bytes(), self.span_id.to_bytes());
        SpanIds::new(trace_id, span_id, false).with_flags(self.flags.bits())
    }
}
