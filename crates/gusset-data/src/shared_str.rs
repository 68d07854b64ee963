//! Immutable strings that avoid allocations.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use smol_str::{SmolStr, SmolStrBuilder};

/// An immutable string: a constant, up to 23 bytes stored inline, or shared memory.
///
/// A clone copies at most 24 bytes. Names, routes, hosts and most paths are short and stored inline, so
/// the thread that exports them has no memory to free.
///
/// ```
/// use gusset_data::SharedStr;
///
/// let (constant, copied) = (SharedStr::from("GET"), SharedStr::new(&String::from("GET")));
/// assert_eq!(constant, copied);
/// assert_eq!(SharedStr::concat(["GET", " ", "/items/{id}"]), "GET /items/{id}");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SharedStr(SmolStr);

// === impl SharedStr ===

impl SharedStr {
    /// Creates a string from a constant, without copying it.
    ///
    /// ```
    /// use gusset_data::SharedStr;
    ///
    /// const SCOPE: SharedStr = SharedStr::from_static("shop::orders");
    /// assert_eq!(SCOPE.len(), 12);
    /// ```
    #[inline]
    pub const fn from_static(text: &'static str) -> Self {
        Self(SmolStr::new_static(text))
    }

    /// Copies a string. Allocates if it has more than 23 bytes.
    #[inline]
    pub fn new(text: &str) -> Self {
        Self(SmolStr::new(text))
    }

    /// Concatenates the parts. Allocates if the result has more than 23 bytes.
    pub fn concat<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut whole = SmolStrBuilder::new();
        for part in parts {
            whole.push_str(part);
        }
        Self(whole.finish())
    }

    /// Returns the string slice.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Deref for SharedStr {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for SharedStr {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for SharedStr {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl From<&'static str> for SharedStr {
    #[inline]
    fn from(text: &'static str) -> Self {
        Self::from_static(text)
    }
}

impl From<String> for SharedStr {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Shares the memory, unless the text is short enough to be in place.
impl From<Arc<str>> for SharedStr {
    #[inline]
    fn from(text: Arc<str>) -> Self {
        Self(text.into())
    }
}

impl From<Cow<'static, str>> for SharedStr {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<SharedStr> for String {
    fn from(text: SharedStr) -> Self {
        text.0.into()
    }
}

impl PartialEq<str> for SharedStr {
    #[inline]
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for SharedStr {
    #[inline]
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for SharedStr {
    #[inline]
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<SharedStr> for &str {
    #[inline]
    fn eq(&self, other: &SharedStr) -> bool {
        *self == other.as_str()
    }
}

impl PartialEq<SharedStr> for String {
    #[inline]
    fn eq(&self, other: &SharedStr) -> bool {
        self == other.as_str()
    }
}

impl fmt::Display for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Debug for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    fn strings_are_equal_in_every_representation() {
        let short = "a".repeat(23);
        let long = "b".repeat(24);
        for text in [String::new(), short, long] {
            let constant: SharedStr = SharedStr::from_static(text.clone().leak());
            for other in [
                SharedStr::new(&text),
                SharedStr::from(text.clone()),
                SharedStr::concat(text.split_inclusive('a')),
                SharedStr::from(Cow::Owned(text.clone())),
            ] {
                let state = RandomState::new();
                assert_eq!(other, constant);
                assert_eq!(other, text);
                assert_eq!(state.hash_one(&other), state.hash_one(text.as_str()));
                assert_eq!(format!("{other:?} {other}"), format!("{text:?} {text}"));
                assert_eq!(String::from(other), text);
            }
        }
    }
}
