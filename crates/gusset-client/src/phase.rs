//! The phases of a call.

use std::fmt;

/// One part of the time of an outgoing HTTP call. They follow each other, so their sum is the whole.
///
/// ```
/// use gusset_client::Phase;
///
/// let names: Vec<_> = Phase::ALL.iter().map(|phase| phase.as_str()).collect();
/// assert_eq!(names, ["dns", "tcp", "tls", "wait", "send", "first_byte", "download"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The lookup of the server's name. Not of an address, and not on a reused connection.
    Dns,
    /// The TCP connections that were tried, also in parallel, up to the first that was established.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// What remains until the request is written: the wait for a connection of the pool, the handshake of HTTP/2.
    Wait,
    /// From the first to the last byte of the request, as its connection takes them.
    Send,
    /// From the last byte of the request to the headers of the response.
    FirstByte,
    /// From the headers to the end of the response body.
    Download,
}

// === impl Phase ===

impl Phase {
    /// All phases, in their order.
    pub const ALL: [Self; 7] = [
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Wait,
        Self::Send,
        Self::FirstByte,
        Self::Download,
    ];

    /// Returns the name, which is the label value in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Wait => "wait",
            Self::Send => "send",
            Self::FirstByte => "first_byte",
            Self::Download => "download",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
