//! Label values as small integers.
//!
//! A series key has 16 bytes, so texts are interned. Clients may choose the texts (a service may use a
//! path as a route), so each interner has a limit.

use std::num::NonZeroU16;
use std::sync::OnceLock;

use gusset_core::{StaticStr, Table};
use gusset_http::{RpcMethodId, RpcMethodName};

/// The longest text that becomes a label value. A longer text is not a route template.
const MAX_LABEL_VALUE_BYTES: usize = 256;

/// The number of an interned text or of a gRPC method: zero for none.
///
/// Numbers are assigned from one. The two greatest are reserved for [`InternedId::OTHER`] and
/// [`InternedId::OVERFLOW`], so an interner holds at most `u16::MAX - 3` texts. The request options
/// number gRPC methods, up to 49,152.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct InternedId(u16);

/// Interns routes, destinations or servers: the first that are seen, up to a limit.
///
/// A text keeps its number forever. A look-up of a known text takes no lock; neither does a new text
/// after the limit was reached.
#[derive(Debug)]
pub(crate) struct LabelInterner {
    table: Table<Box<str>, u16>,
}

/// Interns values of `error.type`.
///
/// The slots are filled in order and never change. A value is compared with the few values before it;
/// comparing two [`StaticStr`] mostly compares two addresses.
#[derive(Debug)]
pub(crate) struct ErrorTypeInterner {
    known: [OnceLock<StaticStr>; Self::MAX_VALUES],
}

// === impl InternedId ===

impl InternedId {
    pub(crate) const NONE: Self = Self(0);

    /// A text over the limit, or one that is too long: the call belongs in the overflow series.
    pub(crate) const OVERFLOW: Self = Self(u16::MAX);

    /// `_OTHER`: a gRPC method that is not known.
    pub(crate) const OTHER: Self = Self(u16::MAX - 1);

    /// Returns the number of a gRPC method.
    #[inline]
    pub(crate) fn from_rpc_method(method: RpcMethodName<'_>) -> Self {
        match method.id() {
            Some(id) => Self(id.get().get()),
            None if method.is_known() => Self::OVERFLOW,
            None => Self::OTHER,
        }
    }

    /// Returns the gRPC method with this number.
    pub(crate) fn rpc_method(self) -> Option<RpcMethodId> {
        NonZeroU16::new(self.0).map(RpcMethodId::from_number)
    }

    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }

    pub(crate) fn bits(self) -> u16 {
        self.0
    }
}

// === impl LabelInterner ===

impl LabelInterner {
    /// Creates an interner for at most `limit` texts, and for at most `u16::MAX - 3`.
    pub(crate) fn new(limit: u16) -> Self {
        Self {
            table: Table::new(usize::from(limit.min(u16::MAX - 3))),
        }
    }

    #[inline]
    pub(crate) fn id(&self, name: &str) -> InternedId {
        match self.table.get(name) {
            Some(id) => InternedId(*id),
            None => self.add(name),
        }
    }

    #[cold]
    fn add(&self, name: &str) -> InternedId {
        // After the limit was reached, a new text costs neither a lock nor an allocation.
        if name.len() > MAX_LABEL_VALUE_BYTES || self.table.is_full() {
            return InternedId::OVERFLOW;
        }
        let number = |len: usize| u16::try_from(len + 1).expect("the limit fits 16 bits");
        self.table
            .insert(name.into(), number)
            .map_or(InternedId::OVERFLOW, |id| InternedId(*id))
    }

    /// Returns the number of the text `host:port`.
    #[inline]
    pub(crate) fn id_of_address(&self, host: &str, port: u16) -> InternedId {
        // Without `write!`, which takes as many instructions as all else that a peer costs.
        let mut digits = *b":00000";
        let (mut at, mut rest) = (digits.len(), port);
        loop {
            at -= 1;
            digits[at] += (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        at -= 1;
        digits[at] = b':';
        let (host, port) = (host.as_bytes(), &digits[at..]);
        let mut text = [0; MAX_LABEL_VALUE_BYTES];
        match text.get_mut(..host.len() + port.len()) {
            Some(text) => {
                let (start, end) = text.split_at_mut(host.len());
                start.copy_from_slice(host);
                end.copy_from_slice(port);
                self.id(std::str::from_utf8(text).expect("a string and digits are UTF-8"))
            }
            None => InternedId::OVERFLOW,
        }
    }

    /// Returns the number of several texts that identify a series together, joined by zeros.
    #[inline]
    pub(crate) fn id_of_parts(&self, parts: [&str; 3]) -> InternedId {
        let mut text = [0; MAX_LABEL_VALUE_BYTES];
        let mut len = 0;
        for (index, part) in parts.into_iter().enumerate() {
            let start = len + usize::from(index > 0);
            len = start + part.len();
            match text.get_mut(start..len) {
                Some(place) => place.copy_from_slice(part.as_bytes()),
                None => return InternedId::OVERFLOW,
            }
        }
        self.id(std::str::from_utf8(&text[..len]).expect("strings and zeros are UTF-8"))
    }

    /// Returns the text of a number. Scans the table, so it is only for registering a series.
    pub(crate) fn text(&self, id: InternedId) -> Option<&str> {
        self.table
            .iter()
            .find(|(_, at)| *at == id.0)
            .map(|(name, _)| &**name)
    }
}

// === impl ErrorTypeInterner ===

impl ErrorTypeInterner {
    /// Further values are recorded as `_OTHER`. A number fits in one byte of the key.
    const MAX_VALUES: usize = 64;

    pub(crate) fn new() -> Self {
        Self {
            known: [const { OnceLock::new() }; Self::MAX_VALUES],
        }
    }

    /// Returns the number of a value: zero for no error, 255 for a value over the limit.
    #[inline]
    pub(crate) fn id(&self, error_type: Option<StaticStr>) -> u8 {
        let Some(error_type) = error_type else {
            return 0;
        };
        for (id, known) in (1..).zip(&self.known) {
            if *known.get_or_init(|| error_type) == error_type {
                return id;
            }
        }
        u8::MAX
    }

    /// Returns the value of a number.
    pub(crate) fn error_type(&self, id: u8) -> Option<StaticStr> {
        let index = usize::from(id).checked_sub(1)?;
        Some(
            self.known
                .get(index)
                .and_then(|known| known.get())
                .copied()
                .unwrap_or(StaticStr::OTHER),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_number_within_the_limit() {
        let interner = LabelInterner::new(2);
        let (a, b) = (interner.id("/a"), interner.id("/b"));
        assert_ne!(a, b);
        assert_eq!(interner.id("/c"), InternedId::OVERFLOW);
        assert_eq!(interner.id("/a"), a);
        assert_eq!(interner.text(b), Some("/b"));
        assert_eq!(interner.text(InternedId::NONE), None);
        assert_eq!(interner.text(InternedId::OVERFLOW), None);
    }

    #[test]
    fn too_long_text_overflows() {
        let interner = LabelInterner::new(10);
        let text = "x".repeat(MAX_LABEL_VALUE_BYTES + 1);
        assert_eq!(interner.id(&text), InternedId::OVERFLOW);
        assert_ne!(interner.id(&text[1..]), InternedId::OVERFLOW);
    }

    #[test]
    fn address_is_host_and_port() {
        let interner = LabelInterner::new(10);
        for (port, text) in [
            (0, "a:0"),
            (80, "a:80"),
            (8080, "a:8080"),
            (65535, "a:65535"),
        ] {
            assert_eq!(interner.text(interner.id_of_address("a", port)), Some(text));
        }
        let host = "x".repeat(MAX_LABEL_VALUE_BYTES - 3);
        let id = interner.id_of_address(&host, 80);
        assert_eq!(interner.text(id).map(str::len), Some(MAX_LABEL_VALUE_BYTES));
        assert_eq!(interner.id_of_address(&host, 443), InternedId::OVERFLOW);
    }

    #[test]
    fn error_types_over_the_limit_are_other() {
        static VALUES: [&str; 70] = {
            let mut values = ["x"; 70];
            let text =
                "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
            let mut at = 0;
            while at < 70 {
                (values[at], _) = text.split_at(at + 1);
                at += 1;
            }
            values
        };
        let interner = ErrorTypeInterner::new();
        assert_eq!(interner.id(None), 0);
        for value in &VALUES {
            let id = interner.id(Some(StaticStr::new(value)));
            let error_type = interner.error_type(id).unwrap();
            let kept = VALUES[..ErrorTypeInterner::MAX_VALUES].contains(value);
            assert_eq!(error_type == StaticStr::new(value), kept);
            assert_eq!(error_type == StaticStr::OTHER, !kept);
        }
    }
}
