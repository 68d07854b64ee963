//! The identity of a series, in sixteen bytes.

use std::fmt;

use gusset_core::{Outcome, Stage};

use crate::intern::NameId;

/// How many labels a user may add.
pub(crate) const USER_LABELS: usize = 5;

/// The identity of a series: every part from a closed set, and numbered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct SeriesKey {
    /// The route of a server, the template of a client, the method of RPC.
    pub(crate) name: NameId,
    /// The other side, for clients.
    pub(crate) peer: NameId,
    /// The method's place in the list of known methods.
    pub(crate) method: u8,
    pub(crate) scheme: Scheme,
    pub(crate) version: Version,
    /// The status as its family numbers it, or zero.
    pub(crate) status: u16,
    /// The number of `error.type`.
    pub(crate) error: u8,
    /// What became of the call, and how far it had come.
    pub(crate) ending: Ending,
    /// The values of the user's labels.
    pub(crate) labels: [u8; USER_LABELS],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Scheme {
    #[default]
    Http,
    Https,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Version {
    #[default]
    Unknown,
    Http10,
    Http11,
    Http2,
    Http3,
}

/// What became of a call and how far it had come, in one byte; zero while it is under way.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Ending(u8);

// === impl SeriesKey ===

impl SeriesKey {
    /// The key as one number, so that hashing and comparing it take one step each.
    #[inline]
    pub(crate) fn pack(self) -> u128 {
        let Self {
            name,
            peer,
            method,
            scheme,
            version,
            status,
            error,
            ending,
            labels,
        } = self;
        let [a, b, c, d, e] = labels;
        let [s, t] = status.to_le_bytes();
        let [n, m] = name.bits().to_le_bytes();
        let [p, q] = peer.bits().to_le_bytes();
        u128::from_le_bytes([
            n,
            m,
            p,
            q,
            method,
            scheme as u8,
            version as u8,
            error,
            s,
            t,
            ending.0,
            a,
            b,
            c,
            d,
            e,
        ])
    }
}

// === impl Scheme ===

impl Scheme {
    pub(crate) const COUNT: usize = 2;

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

// === impl Version ===

impl Version {
    pub(crate) const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::Http10 => Some("1.0"),
            Self::Http11 => Some("1.1"),
            Self::Http2 => Some("2"),
            Self::Http3 => Some("3"),
        }
    }
}

impl From<http::Version> for Version {
    fn from(version: http::Version) -> Self {
        match version {
            http::Version::HTTP_10 => Self::Http10,
            http::Version::HTTP_11 => Self::Http11,
            http::Version::HTTP_2 => Self::Http2,
            http::Version::HTTP_3 => Self::Http3,
            _ => Self::Unknown,
        }
    }
}

// === impl Ending ===

/// In the order of their numbers, from one.
const OUTCOMES: [Outcome; 5] = [
    Outcome::Success,
    Outcome::ClientError,
    Outcome::ServerError,
    Outcome::Cancelled,
    Outcome::Rejected,
];

impl Ending {
    #[inline]
    pub(crate) fn new(outcome: Outcome, stage: Option<Stage>) -> Self {
        let outcome = match outcome {
            Outcome::Success => 1,
            Outcome::ClientError => 2,
            Outcome::Cancelled => 4,
            Outcome::Rejected => 5,
            // Also what a later version of the contract may add, until it is told apart here.
            _ => 3,
        };
        let stage = match stage {
            None => 0,
            Some(Stage::Headers) => 1,
            Some(Stage::Body) => 2,
        };
        Self(outcome << 4 | stage)
    }

    pub(crate) fn outcome(self) -> Option<Outcome> {
        OUTCOMES
            .get(usize::from(self.0 >> 4).checked_sub(1)?)
            .copied()
    }

    pub(crate) fn stage(self) -> Option<Stage> {
        match self.0 & 0xf {
            1 => Some(Stage::Headers),
            2 => Some(Stage::Body),
            _ => None,
        }
    }
}

impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ending")
            .field(&self.outcome())
            .field(&self.stage())
            .finish()
    }
}
