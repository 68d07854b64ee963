//! The ids of traces and spans.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};

use crate::{hex, random};

/// The id of a trace: 16 bytes, not all zero. Shown as 32 lowercase hexadecimal digits.
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

/// The id of a span: 8 bytes, not all zero. Shown as 16 lowercase hexadecimal digits.
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
    /// A new id, all of whose bits are random.
    #[inline]
    pub fn random() -> Self {
        loop {
            let number = u128::from(random::next()) << 64 | u128::from(random::next());
            if let Some(id) = NonZeroU128::new(number) {
                return Self(id);
            }
        }
    }

    /// The id of those bytes, the most significant first; `None` if all are zero.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        Self::from_number(u128::from_be_bytes(bytes))
    }

    /// The bytes, the most significant first.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }

    #[inline]
    pub(crate) fn from_number(number: u128) -> Option<Self> {
        NonZeroU128::new(number).map(Self)
    }

    /// Returns the id as a number.
    #[inline]
    pub fn to_u128(self) -> u128 {
        self.0.get()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show::<32>(self.to_u128(), f)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// === impl SpanId ===

impl SpanId {
    /// A new id, all of whose bits are random.
    #[inline]
    pub fn random() -> Self {
        loop {
            if let Some(id) = NonZeroU64::new(random::next()) {
                return Self(id);
            }
        }
    }

    /// The id of those bytes, the most significant first; `None` if all are zero.
    pub fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        NonZeroU64::new(u64::from_be_bytes(bytes)).map(Self)
    }

    /// The bytes, the most significant first.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }

    /// `None` also for a number too large for a span's id.
    #[inline]
    pub(crate) fn from_number(number: u128) -> Option<Self> {
        let number = u64::try_from(number).ok()?;
        NonZeroU64::new(number).map(Self)
    }

    #[inline]
    pub(crate) fn to_number(self) -> u128 {
        u128::from(self.0.get())
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show::<16>(self.to_number(), f)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn show<const DIGITS: usize>(number: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut digits = [0; DIGITS];
    hex::write(number, &mut digits);
    f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
}
