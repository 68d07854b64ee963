//! Where a call belongs.

use gusset_core::SpanIds;

use crate::{SpanId, TraceFlags, TraceId, TraceState};

/// The place of a span in its trace, as it travels between services.
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
    /// The first span of a new trace: a random id, which the random flag says; sampled.
    pub fn root() -> Self {
        Self::root_with_id(TraceId::random())
    }

    /// The first span of that trace, whose id is random.
    pub fn root_with_id(trace_id: TraceId) -> Self {
        let flags = TraceFlags::new().with_sampled(true).with_random(true);
        Self::new(trace_id, SpanId::random(), flags)
    }

    #[inline]
    pub fn span_ids(&self) -> SpanIds {
        let (trace_id, span_id) = (self.trace_id.to_bytes(), self.span_id.to_bytes());
        SpanIds::new(trace_id, span_id, false).with_flags(self.flags.bits())
    }

    /// That span of that trace.
    pub const fn new(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> Self {
        Self {
            trace_id,
            span_id,
            flags,
            state: TraceState::new(),
        }
    }

    /// A new span of the same trace; its flags, the random one too, and its state stay as they are.
    #[must_use]
    pub fn child(&self) -> Self {
        self.clone().into_child()
    }

    fn into_child(mut self) -> Self {
        self.span_id = SpanId::random();
        self
    }

    /// Goes on to a new span, sampled or not, and gives the one before.
    #[inline]
    pub fn advance_to_child(&mut self, is_sampled: bool) -> SpanId {
        self.flags = self.flags.with_sampled(is_sampled);
        std::mem::replace(&mut self.span_id, SpanId::random())
    }

    #[must_use]
    pub fn with_span_id(mut self, span_id: SpanId) -> Self {
        self.span_id = span_id;
        self
    }

    /// With that state.
    #[must_use]
    pub fn with_state(mut self, state: TraceState) -> Self {
        self.state = state;
        self
    }

    /// With those flags.
    #[must_use]
    pub fn with_flags(mut self, flags: TraceFlags) -> Self {
        self.flags = flags;
        self
    }

    /// The trace.
    #[inline]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The span: for who receives the context, the parent.
    #[inline]
    pub fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// The flags.
    #[inline]
    pub fn flags(&self) -> TraceFlags {
        self.flags
    }

    /// What vendors keep in the trace: `tracestate`.
    #[inline]
    pub fn state(&self) -> &TraceState {
        &self.state
    }
}
