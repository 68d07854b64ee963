//! One slot of the file.
//!
//! | bytes | content |
//! |---|---|
//! | 0..4 | CRC-32 of the rest, little-endian |
//! | 4..12 | sequence number, zero for an empty slot |
//! | 12..20 | nanoseconds since the Unix epoch |
//! | 20 | kind |
//! | 21 | length of the text |
//! | 22.. | text in UTF-8 |

use std::time::{Duration, SystemTime};

use gusset_http::truncate_str;

/// The bytes of a slot. Kernels write a page or less of a local file at once, so a slot is seldom torn; the checksum is for
/// when it is.
pub(super) const SLOT_SIZE: usize = 256;

const HEAD: usize = 22;

/// The bytes of a text. A longer one is cut.
pub(crate) const MAX_TEXT: usize = SLOT_SIZE - HEAD;

/// The bytes of a slot as they are in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot([u8; SLOT_SIZE]);

/// What is written in one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The number of the entry in its run, from one.
    pub sequence: u64,
    /// When it happened.
    pub time: SystemTime,
    /// What it is.
    pub kind: EntryKind,
    /// The text, at most 234 bytes.
    pub text: String,
}

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntryKind {
    /// The header of the file.
    Header,
    /// A call that is under way.
    Active,
    /// Readings of the process and its host.
    Snapshot,
    /// A log record.
    Log,
    /// A change of state, such as that of a breaker.
    Change,
    /// The calls of one second.
    Calls,
    /// A panic.
    Panic,
}

// === impl Slot ===

impl Slot {
    pub(super) const EMPTY: Self = Self([0; SLOT_SIZE]);

    /// Encodes an entry. The text is cut to what fits.
    pub(super) fn encode(sequence: u64, time: SystemTime, kind: EntryKind, text: &str) -> Self {
        let mut bytes = [0; SLOT_SIZE];
        let text = truncate_str(text, MAX_TEXT);
        bytes[4..12].copy_from_slice(&sequence.to_le_bytes());
        bytes[12..20].copy_from_slice(&unix_nanos(time).to_le_bytes());
        bytes[20] = kind.number();
        bytes[21] = u8::try_from(text.len()).expect("a slot has fewer than 256 bytes");
        bytes[HEAD..HEAD + text.len()].copy_from_slice(text.as_bytes());
        let checksum = crc32fast::hash(&bytes[4..]);
        bytes[..4].copy_from_slice(&checksum.to_le_bytes());
        Self(bytes)
    }

    /// Decodes a slot. `Ok(None)` if it is empty, and an error if it was torn.
    pub(super) fn decode(bytes: &[u8; SLOT_SIZE]) -> Result<Option<Entry>, Torn> {
        if *bytes == Self::EMPTY.0 {
            return Ok(None);
        }
        let [a, b, c, d, rest @ ..] = bytes;
        if crc32fast::hash(rest) != u32::from_le_bytes([*a, *b, *c, *d]) {
            return Err(Torn);
        }
        let number = |at: usize| {
            let bytes = bytes[at..at + 8].try_into().expect("eight bytes");
            u64::from_le_bytes(bytes)
        };
        let kind = EntryKind::from_number(bytes[20]).ok_or(Torn)?;
        let text = bytes.get(HEAD..HEAD + usize::from(bytes[21])).ok_or(Torn)?;
        Ok(Some(Entry {
            sequence: number(4),
            time: SystemTime::UNIX_EPOCH + Duration::from_nanos(number(12)),
            kind,
            text: String::from_utf8(text.to_vec()).map_err(|_| Torn)?,
        }))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A slot whose checksum is wrong: it was written in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Torn;

// === impl EntryKind ===

impl EntryKind {
    const ALL: [Self; 7] = [
        Self::Header,
        Self::Active,
        Self::Snapshot,
        Self::Log,
        Self::Change,
        Self::Calls,
        Self::Panic,
    ];

    fn number(self) -> u8 {
        self as u8 + 1
    }

    fn from_number(number: u8) -> Option<Self> {
        let all = Self::ALL.into_iter();
        all.into_iter().find(|kind| kind.number() == number)
    }

    /// Returns the kind as text: `header`, `active`, `snapshot`, `log`, `change`, `calls`, `panic`.
    ///
    /// ```
    /// assert_eq!(gusset_incident::EntryKind::Log.as_str(), "log");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Active => "active",
            Self::Snapshot => "snapshot",
            Self::Log => "log",
            Self::Change => "change",
            Self::Calls => "calls",
            Self::Panic => "panic",
        }
    }
}

/// Returns a time as nanoseconds since the Unix epoch, zero before it.
pub(super) fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind() -> impl Strategy<Value = EntryKind> {
        prop::sample::select(EntryKind::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn entry_is_read_as_it_was_written(sequence in 1..u64::MAX, nanos: u64, kind in kind(), text in ".{0,300}") {
            let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
            let slot = Slot::encode(sequence, time, kind, &text);
            let entry = Slot::decode(&slot.0).unwrap().unwrap();
            let text = truncate_str(&text, MAX_TEXT).to_owned();
            prop_assert_eq!(entry, Entry { sequence, time, kind, text });
        }

        #[test]
        fn slot_that_is_half_old_is_torn(first in "[a-z]{100,230}", second in "[A-Z]{100,230}", at in 12_usize..100) {
            let now = SystemTime::now();
            let old = Slot::encode(1, now, EntryKind::Log, &first);
            let new = Slot::encode(2, now, EntryKind::Log, &second);
            let mut torn = old.0;
            torn[..at].copy_from_slice(&new.0[..at]);
            prop_assert_eq!(Slot::decode(&torn), Err(Torn));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), SLOT_SIZE)) {
            let bytes = bytes.try_into().unwrap();
            let _ = Slot::decode(&bytes);
        }
    }

    #[test]
    fn slot_of_zeros_is_empty() {
        assert_eq!(Slot::decode(&Slot::EMPTY.0), Ok(None));
    }
}
