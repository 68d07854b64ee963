//! The identity of a series, in sixteen bytes.

use crate::intern::NameId;

/// How many labels a user may add.
pub(crate) const USER_LABELS: usize = 6;

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
            labels,
        } = self;
        let [a, b, c, d, e, f] = labels;
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
            a,
            b,
            c,
            d,
            e,
            f,
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
