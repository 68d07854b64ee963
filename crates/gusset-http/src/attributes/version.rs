//! `network.protocol.version`.

use http::Version;

/// The version of HTTP that a message was sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum ProtocolVersion {
    /// HTTP/1.0.
    Http10 = 1,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
    /// HTTP/3.
    Http3,
}

// === impl ProtocolVersion ===

impl ProtocolVersion {
    /// Returns the version of a message, or `None` for HTTP/0.9.
    #[inline]
    pub fn from_http(version: Version) -> Option<Self> {
        Some(match version {
            Version::HTTP_10 => Self::Http10,
            Version::HTTP_11 => Self::Http11,
            Version::HTTP_2 => Self::Http2,
            Version::HTTP_3 => Self::Http3,
            _ => return None,
        })
    }

    /// Returns the value of `network.protocol.version`: `1.1`, `2`.
    #[inline]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2",
            Self::Http3 => "3",
        }
    }
}
