//! The marks of a call that was hit.

use std::sync::Arc;

use gusset_core::field;
use http::HeaderValue;

use crate::{FaultKind, names};

/// What was injected into a call: an extension of its response.
///
/// ```
/// use gusset_chaos::Injected;
///
/// fn is_real<B>(response: &http::Response<B>) -> bool {
///     response.extensions().get::<Injected>().is_none()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injected {
    rule: Arc<str>,
    faults: Arc<[FaultKind]>,
}

// === impl Injected ===

impl Injected {
    pub(crate) fn new(rule: Arc<str>, faults: &[FaultKind]) -> Self {
        let faults = faults.into();
        Self { rule, faults }
    }

    /// Returns the name of the rule.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns the faults.
    pub fn faults(&self) -> &[FaultKind] {
        &self.faults
    }

    /// Returns the value of the header `x-gusset-chaos`: `latency, status`.
    pub(crate) fn header(&self) -> HeaderValue {
        let faults: Vec<_> = self.faults.iter().map(|fault| fault.as_str()).collect();
        HeaderValue::try_from(faults.join(", ")).expect("the labels are ASCII")
    }
}

/// Sets the fields of the call that is polled on this thread: in its span, access log entry and metrics.
pub(crate) fn mark_call(rule: &str, fault: FaultKind) {
    field::low(names::FAULT, fault.as_str());
    field::high(names::RULE, rule);
}
