//! The interface of one format.

use http::HeaderMap;

use crate::PropagationContext;

/// Reads and writes a [`PropagationContext`] in the headers of a request, in one format.
///
/// ```
/// use gusset_propagation::{PropagationContext, Propagator, Propagators, SpanContext};
/// use http::{HeaderMap, HeaderValue};
///
/// /// Sends the trace id alone, to a gateway that logs it.
/// struct Gateway;
///
/// impl Propagator for Gateway {
///     fn extract(&self, _: &HeaderMap) -> PropagationContext {
///         PropagationContext::default()
///     }
///     fn inject(&self, context: &PropagationContext, headers: &mut HeaderMap) {
///         let span = context.span_context.as_ref();
///         if let Some(Ok(id)) = span.map(|span| HeaderValue::try_from(span.trace_id().to_string())) {
///             headers.insert("x-gateway-trace", id);
///         }
///     }
/// }
///
/// let propagators = Propagators::default().with(Gateway);
/// let mut headers = HeaderMap::new();
/// propagators.inject(&SpanContext::root().into(), &mut headers);
/// assert!(headers.contains_key("traceparent") && headers.contains_key("x-gateway-trace"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not propagate anything",
    note = "implement `Propagator` for it"
)]
pub trait Propagator: Send + Sync + 'static {
    /// Reads the context of a received request.
    ///
    /// Clients can send anything, so an invalid header counts as missing.
    fn extract(&self, headers: &HeaderMap) -> PropagationContext;

    /// Writes the context into the headers of a request, in place of any that was there.
    fn inject(&self, context: &PropagationContext, headers: &mut HeaderMap);
}
