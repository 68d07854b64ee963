//! A user's own fields of a call: in its access log entry, its exported log record and its span, and if
//! their values are few, on its metrics.
//!
//! [`low`] and [`high`] set a field of the innermost call that is polled in the current task, from its
//! start to the end of the response body. A handler, a middleware inside of the observers and the body of a
//! stream are polled within the call. A spawned task is not, unless it is wrapped in
//! `gusset_trace::with_current_context`, and neither is a worker behind a channel (`tower::buffer`).
//! Outside of a call, the functions do nothing.
//!
//! A field that is set again has the last value. A call has at most [`MAX_FIELDS`] fields, of names of at
//! most [`MAX_NAME_BYTES`]; further ones are counted as dropped. A value is a text, cut to
//! [`MAX_VALUE_BYTES`]. Secrets are redacted as in other fields. The names of gusset's own fields keep their
//! values.
//!
//! A call without own fields allocates nothing for them. The first field of a call allocates the memory of
//! all, and each field its value.

mod call_extras;
mod call_fields;
pub(crate) mod hook_fields;
mod scope;

use std::borrow::Cow;
use std::fmt::{self, Write as _};

pub(crate) use self::call_extras::CallExtras;
pub use self::call_fields::CallFields;
pub(crate) use self::call_fields::SharedFields;
pub use self::scope::FieldScope;
pub(crate) use self::scope::{enter, leave};

/// The number of own fields that a call has at most.
pub const MAX_FIELDS: usize = 16;

/// The length of the name of a field.
pub const MAX_NAME_BYTES: usize = 64;

/// The length of a value. A longer one is cut.
pub const MAX_VALUE_BYTES: usize = 256;

/// A field of a call. Set by [`low`], [`high`] or [`CallContext::set_field`](crate::CallContext::set_field).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    name: Cow<'static, str>,
    value: Box<str>,
    kind: FieldKind,
}

/// How many values a field may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldKind {
    /// Those of a set that was registered at the start: a tenant, a plan.
    Low,
    /// Any number: a user, an order.
    High,
}

/// Sets a field whose values are those of a registered set: in the access log entry, the exported record,
/// the span and the metrics of the current call.
///
/// The set is registered by the name of the field (`field` of a builder of gusset, or
/// `gusset_http::RequestOptions::with_field`). A value that is not in it is `_OTHER` in all signals. A name
/// that is not registered is not on metrics: the first such call is logged as a warning, and all are counted
/// (`gusset.metrics.unregistered_fields`).
///
/// ```
/// # fn tenant_of(_: &str) -> &'static str { "blue" }
/// async fn handler(authorization: &str) {
///     gusset_core::field::low("tenant", tenant_of(authorization));
/// }
/// ```
pub fn low(name: &'static str, value: impl fmt::Display) {
    set(FieldKind::Low, name, &value);
}

/// Sets a field with any number of values: in the access log entry, the exported record and the span of the
/// current call, and never on metrics.
///
/// ```
/// async fn handler(user: u64) {
///     gusset_core::field::high("user.id", user);
/// }
/// ```
pub fn high(name: &'static str, value: impl fmt::Display) {
    set(FieldKind::High, name, &value);
}

fn set(kind: FieldKind, name: &'static str, value: &dyn fmt::Display) {
    // The value is the user's code: it is formatted before anything is borrowed or locked.
    if FieldScope::is_in_call() {
        let field = Field::new(kind, name, value);
        if let Some(scope) = FieldScope::current() {
            scope.set(field);
        }
    }
}

// === impl Field ===

impl Field {
    /// Creates a field. The value is cut to [`MAX_VALUE_BYTES`].
    ///
    /// ```
    /// use gusset_core::field::{Field, FieldKind};
    ///
    /// let field = Field::new(FieldKind::High, "user.id", 42);
    /// assert_eq!((field.name(), field.value()), ("user.id", "42"));
    /// ```
    pub fn new(
        kind: FieldKind,
        name: impl Into<Cow<'static, str>>,
        value: impl fmt::Display,
    ) -> Self {
        let mut text = BoundedText(String::new());
        // It fails where the value is cut.
        let _ = write!(text, "{value}");
        Self {
            name: name.into(),
            value: text.0.into(),
            kind,
        }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the value as it was set. Signals have it redacted, or `_OTHER` instead if it is not one of the
    /// registered values.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns how many values the field may have.
    pub fn kind(&self) -> FieldKind {
        self.kind
    }
}

/// A text that ends at its maximum length.
struct BoundedText(String);

impl fmt::Write for BoundedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_VALUE_BYTES - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        let end = (0..=room).rev().find(|end| text.is_char_boundary(*end));
        self.0.push_str(&text[..end.unwrap_or(0)]);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_value_is_cut_between_characters() {
        let field = Field::new(FieldKind::High, "note", "é".repeat(300));
        assert_eq!(field.value().len(), MAX_VALUE_BYTES);
        let field = Field::new(FieldKind::High, "note", format!("x{}", "é".repeat(300)));
        assert_eq!(field.value().len(), MAX_VALUE_BYTES - 1);
    }
}
