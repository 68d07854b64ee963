//! The contexts of OpenTelemetry and of calls.

mod attached;
mod bridge;

use opentelemetry::Context;

#[cfg(feature = "subscriber")]
pub(crate) use self::attached::is_usable;
pub use self::bridge::OpenTelemetryContext;
use crate::propagation::with_context;
use gusset_propagation::PropagationContext;

/// Returns an OpenTelemetry context with the current span as its parent.
///
/// Outside of any call and span, returns OpenTelemetry's own current context. With an [`OpenTelemetryContext`], it is
/// `Context::current()` everywhere.
///
/// ```
/// use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
///
/// let tracer = opentelemetry::global::tracer("legacy");
/// let span = tracer.start_with_context("load", &gusset_opentelemetry::context());
/// assert!(!gusset_opentelemetry::context().has_active_span());
/// ```
pub fn context() -> Context {
    let mut current = PropagationContext::default();
    current.span_context = gusset_trace::current_span_context();
    current.baggage = gusset_trace::current_baggage();
    with_context(&Context::current(), current, false)
}
