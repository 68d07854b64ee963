//! Values from a fixed set.

use std::fmt;

/// One of a fixed set of values, safe as a label value: `500`, `timeout`, `UNAVAILABLE`.
///
/// It can only be made from a `'static` reference to a `'static` text, so text from a request or an
/// error cannot become one. Eight bytes, also in an `Option`.
///
/// ```
/// use gusset_core::StaticStr;
///
/// const QUOTA: StaticStr = StaticStr::new(&"quota");
/// assert_eq!(QUOTA.as_str(), "quota");
/// ```
#[derive(Clone, Copy)]
pub struct StaticStr(&'static &'static str);

// === impl StaticStr ===

impl StaticStr {
    /// The fallback of OpenTelemetry's `error.type`.
    pub const OTHER: Self = Self(&"_OTHER");
    /// The service panicked.
    pub const PANIC: Self = Self(&"panic");
    /// An admission policy rejected the call.
    pub const REJECTED: Self = Self(&"rejected");
    /// A deadline passed.
    pub const TIMEOUT: Self = Self(&"timeout");
    /// The caller's own request body failed while a client sent it.
    pub const REQUEST_BODY: Self = Self(&"request_body");
    /// The body had more or fewer bytes than its headers declared.
    pub const BODY_LENGTH: Self = Self(&"body_length_mismatch");

    /// Creates a value from a constant.
    pub const fn new(text: &'static &'static str) -> Self {
        Self(text)
    }

    /// Returns the text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl PartialEq for StaticStr {
    fn eq(&self, other: &Self) -> bool {
        // Addresses almost always decide; one constant may have two addresses in different crates.
        std::ptr::eq(self.0, other.0) || self.as_str() == other.as_str()
    }
}

impl Eq for StaticStr {}

impl fmt::Display for StaticStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for StaticStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
