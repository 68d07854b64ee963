//! The header of the file.

use std::time::SystemTime;

use gusset_http::truncate_str;

use super::slot::Entry;

/// What the file is, and how its run has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// How often it was written.
    pub(super) version: u64,
    pub(super) started: SystemTime,
    pub(super) active_slots: u16,
    pub(super) ring_slots: u16,
    pub(super) process_id: u32,
    pub(super) end: Option<RunEnd>,
    pub(super) service: String,
}

/// How a run has ended, as it has stated itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunEnd {
    /// It was shut down.
    Clean,
    /// A panic ended it.
    Panicked,
}

/// The first field of the header. Another number is a file that this version cannot read.
const FORMAT: &str = "1";

const MAX_SERVICE: usize = 128;

/// The slots of the header.
pub(super) const HEADER_SLOTS: u64 = 2;

// === impl Header ===

impl Header {
    /// Returns the number of slots of the file.
    pub(super) fn slots(&self) -> usize {
        2 + usize::from(self.active_slots) + usize::from(self.ring_slots)
    }

    pub(super) fn to_line(&self) -> String {
        let Self {
            active_slots,
            ring_slots,
            process_id,
            end,
            service,
            ..
        } = self;
        let end = end.map_or("", RunEnd::as_str);
        let service = truncate_str(service, MAX_SERVICE);
        format!("{FORMAT}\t{active_slots}\t{ring_slots}\t{process_id}\t{end}\t{service}")
    }

    /// Reads the header from its entry. `None` if it is not one of this format.
    pub(super) fn from_entry(entry: &Entry) -> Option<Self> {
        let mut fields = entry.text.splitn(6, '\t');
        let mut next = || fields.next();
        if next()? != FORMAT {
            return None;
        }
        Some(Self {
            version: entry.sequence,
            started: entry.time,
            active_slots: next()?.parse().ok()?,
            ring_slots: next()?.parse().ok().filter(|slots| *slots > 0)?,
            process_id: next()?.parse().ok()?,
            end: match next()? {
                "" => None,
                end => Some(RunEnd::from_text(end)?),
            },
            service: next()?.to_owned(),
        })
    }
}

// === impl RunEnd ===

impl RunEnd {
    /// Returns the end as text: `clean` or `panicked`.
    ///
    /// ```
    /// assert_eq!(gusset_incident::RunEnd::Clean.as_str(), "clean");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Panicked => "panicked",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        let all = [Self::Clean, Self::Panicked];
        all.into_iter().find(|end| end.as_str() == text)
    }
}
