//! What travels between services with a request.

use crate::{Baggage, SpanContext};

/// The values that travel between services with a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PropagationContext {
    /// The span that sent the request; `None` if the request belongs to no trace.
    pub span_context: Option<SpanContext>,
    /// The sampling decision of a request that belongs to no trace, such as `b3: 0`.
    pub sampling_request: Option<bool>,
    /// The baggage of the trace.
    pub baggage: Baggage,
}

// === impl PropagationContext ===

impl From<SpanContext> for PropagationContext {
    fn from(span_context: SpanContext) -> Self {
        Self {
            span_context: Some(span_context),
            sampling_request: None,
            baggage: Baggage::new(),
        }
    }
}
