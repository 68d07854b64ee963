//! Words from a closed set.

use std::fmt;

/// A word from a closed set, fit to be a label's value: `500`, `timeout`, `UNAVAILABLE`.
///
/// Made only of a `'static` place that holds a `'static` text, so that nothing a caller or an error
/// says can become one. Eight bytes, also in an `Option`.
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
    /// What has no better name; the fallback of OpenTelemetry's `error.type`.
    pub const OTHER: Self = Self(&"_OTHER");
    /// The service unwound.
    pub const PANIC: Self = Self(&"panic");
    /// A guard refused the call.
    pub const REJECTED: Self = Self(&"rejected");
    /// A deadline passed.
    pub const TIMEOUT: Self = Self(&"timeout");
    /// The body gave more or fewer bytes than its head declared.
    pub const BODY_LENGTH: Self = Self(&"body_length_mismatch");

    /// Makes a token of a constant.
    pub const fn new(text: &'static &'static str) -> Self {
        Self(text)
    }

    /// The word.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl PartialEq for StaticStr {
    fn eq(&self, other: &Self) -> bool {
        // The places decide almost always; the texts, where one constant got two places.
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
