//! Attributes that a response brings.

use gusset_data::{SharedStr, Value};
use gusset_http::ResponseHead;

/// Attributes for the span of the call, in the extensions of its response.
///
/// For what is not polled within the call, where [`set_attribute`](crate::set_attribute) finds none: a
/// worker behind a channel, a guard. They are put on the exported span when the head of the response
/// passes, each in place of one with that key; how many, and how long, is up to
/// [`Limits`](crate::Limits). Where the call is not recorded, nothing happens.
///
/// ```
/// use gusset_trace::Attributes;
///
/// let mut response = http::Response::new("three cups");
/// let attributes = Attributes::default().with("shop.plan", "gold").with("shop.items", 3_i64);
/// response.extensions_mut().insert(attributes);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Attributes(Vec<(SharedStr, Value)>);

// === impl Attributes ===

impl Attributes {
    /// With one more.
    #[must_use]
    pub fn with(mut self, key: impl Into<SharedStr>, value: impl Into<Value>) -> Self {
        self.0.push((key.into(), value.into()));
        self
    }

    #[inline]
    pub(crate) fn of(res: ResponseHead<'_>) -> Option<&[(SharedStr, Value)]> {
        res.extensions.get::<Self>().map(|this| &*this.0)
    }
}
