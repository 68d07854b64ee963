//! The ids of traces and spans.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};

use crate::{hex, random};

/// The id of a trace: 16 bytes, not all zero. Displayed as 32 lower-case hexadecimal digits.
///
/// ```
/// use gusset_propagation::TraceId;
///
/// let id = TraceId::from_bytes([0x0a; 16]).expect("not zero");
/// assert_eq!(id.to_string(), "0a".repeat(16));
/// assert!(TraceId::from_bytes([0; 16]).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

/// The id of a span: 8 bytes, not all zero. Displayed as 16 lower-case hexadecimal digits.
///
/// ```
/// use gusset_propagation::SpanId;
///
/// let id = SpanId::from_bytes([0, 0, 0, 0, 0, 0, 1, 2]).expect("not zero");
/// assert_eq!(id.to_string(), "0000000000000102");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

// === impl TraceId ===

impl TraceId {
    /// Returns a new id of 128 random bits.
    #[inline]
    pub fn random() -> Self {
        loop {
            if let Some(id) = NonZeroU128::new(random::next_u128()) {
                return Self(id);
            }
        }
    }

    /// Returns the id of these bytes, most significant first, or `None` if all are zero.
    #[inline]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        Self::from_u128(u128::from_be_bytes(bytes))
    }

    /// Returns the bytes, most significant first.
    #[inline]
    pub fn to_bytes(self) -> [u8; 16] {
        self.to_u128().to_be_bytes()
    }

    /// Returns the id as a number.
    #[inline]
    pub fn to_u128(self) -> u128 {
        self.0.get()
    }

    #[inline]
    pub(crate) fn from_u128(number: u128) -> Option<Self> {
        NonZeroU128::new(number).map(Self)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        format_digits::<32>(self.to_u128(), f)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// === impl SpanId ===

impl SpanId {
    /// Returns a new id of 64 random bits.
    #[inline]
    pub fn random() -> Self {
        loop {
            if let Some(id) = NonZeroU64::new(random::next_u64()) {
                return Self(id);
            }
        }
    }

    /// Returns the id of these bytes, most significant first, or `None` if all are zero.
    #[inline]
    pub fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        NonZeroU64::new(u64::from_be_bytes(bytes)).map(Self)
    }

    /// Returns the bytes, most significant first.
    #[inline]
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }

    /// Returns `None` for zero, and for a number of more than 64 bits.
    #[inline]
    pub(crate) fn from_u128(number: u128) -> Option<Self> {
        let number = u64::try_from(number).ok()?;
        NonZeroU64::new(number).map(Self)
    }

    #[inline]
    pub(crate) fn to_u128(self) -> u128 {
        u128::from(self.0.get())
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        format_digits::<16>(self.to_u128(), f)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn format_digits<const DIGITS: usize>(number: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut digits = [0; DIGITS];
    hex::format(number, &mut digits);
    f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
}
