//! Attributes from the extensions of a response.

use gusset_data::{SharedStr, Value};
use gusset_http::ResponseHead;

/// Attributes for the span of a call, in the extensions of its response.
///
/// Use it in code that is not polled within the call, where [`set_attribute`](crate::set_attribute) has
/// no effect, such as a worker behind a channel. When the response headers arrive, the attributes are
/// set on the exported span, within its [`SpanLimits`](crate::SpanLimits), and replace those with the
/// same key. If the call is not recorded, nothing happens.
///
/// ```
/// use gusset_trace::SpanAttributes;
///
/// let mut response = http::Response::new("three cups");
/// let attributes = SpanAttributes::default().with("shop.plan", "gold").with("shop.items", 3_i64);
/// response.extensions_mut().insert(attributes);
/// ```
#[derive(Clone, Debug, Default)]
pub struct SpanAttributes(Vec<(SharedStr, Value)>);

// === impl SpanAttributes ===

impl SpanAttributes {
    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, key: impl Into<SharedStr>, value: impl Into<Value>) -> Self {
        self.0.push((key.into(), value.into()));
        self
    }

    #[inline]
    pub(crate) fn from_response(res: ResponseHead<'_>) -> Option<&[(SharedStr, Value)]> {
        res.extensions
            .get::<Self>()
            .map(|attributes| &*attributes.0)
    }
}
