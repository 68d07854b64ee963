//! Text in place, so that a record is one copy without an allocation.

use std::fmt;

use gusset_http::truncate_str;

/// A text of at most `N` bytes. A longer one is cut.
#[derive(Clone, Copy)]
pub(crate) struct Text<const N: usize> {
    length: u8,
    bytes: [u8; N],
}

// === impl Text ===

impl<const N: usize> Text<N> {
    #[inline]
    pub(crate) fn new(text: &str) -> Self {
        let mut this = Self {
            length: 0,
            bytes: [0; N],
        };
        this.set(text);
        this
    }

    /// Replaces the text. Bytes after it stay, because clearing them would cost more than the text.
    #[inline]
    pub(crate) fn set(&mut self, text: &str) {
        const { assert!(N < 256, "the length is a byte") }
        let text = truncate_str(text, N);
        self.bytes[..text.len()].copy_from_slice(text.as_bytes());
        self.length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    }

    pub(crate) fn as_str(&self) -> &str {
        let text = std::str::from_utf8(&self.bytes[..usize::from(self.length)]);
        text.expect("a cut text is valid")
    }
}

impl<const N: usize> PartialEq for Text<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
