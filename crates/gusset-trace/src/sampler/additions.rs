//! What a sampler adds to the span.

use gusset_data::{Attribute, SharedStr, Value};
use gusset_propagation::{PropagationContext, TraceState};

use super::SamplingDecision;

/// A decision with additions to the span that it is about ([`SamplingDecision::With`]).
///
/// ```
/// use gusset_trace::sampler::{SamplingAdditions, SamplingDecision};
///
/// let decision = SamplingAdditions::new(SamplingDecision::RecordAndSample)
///     .with_attribute("sampler.rule", "checkout");
/// let decision = SamplingDecision::With(Box::new(decision));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct SamplingAdditions {
    /// The decision itself.
    pub decision: SamplingDecision,
    /// Attributes for the span of the call. The spans below do not get them.
    pub attributes: Vec<Attribute>,
    /// The trace state that is propagated instead of the received one. `None` keeps that. A span outside of any
    /// call only exports its member `ot`.
    pub trace_state: Option<TraceState>,
}

// === impl SamplingAdditions ===

impl SamplingAdditions {
    /// Creates a decision without additions.
    pub const fn new(decision: SamplingDecision) -> Self {
        Self {
            decision,
            attributes: Vec::new(),
            trace_state: None,
        }
    }

    /// Adds an attribute to the span.
    #[must_use]
    pub fn with_attribute(mut self, key: impl Into<SharedStr>, value: impl Into<Value>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// Replaces the trace state.
    #[must_use]
    pub fn with_trace_state(mut self, state: TraceState) -> Self {
        self.trace_state = Some(state);
        self
    }

    /// Replaces the trace state of a span, if there is another one.
    pub(crate) fn apply_state(&self, context: &mut PropagationContext) {
        if let Some(state) = &self.trace_state {
            let span = context.span_context.take();
            context.span_context = span.map(|span| span.with_state(state.clone()));
        }
    }
}

// === impl SamplingDecision ===

impl SamplingDecision {
    /// Returns the decision itself and the additions. Those of additions are ignored.
    pub(crate) fn split(self) -> (Self, Option<Box<SamplingAdditions>>) {
        match self {
            Self::With(mut additions) => {
                let decision = std::mem::replace(&mut additions.decision, Self::Drop);
                let decision = match decision {
                    Self::With(_) => Self::Drop,
                    decision => decision,
                };
                (decision, Some(additions))
            }
            decision => (decision, None),
        }
    }
}
