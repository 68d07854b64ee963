//! The phases of a page load.

/// A phase of a page load, from the Navigation Timing of the browser.
///
/// ```
/// use gusset_browser::Phase;
///
/// let names: Vec<_> = Phase::ALL.iter().map(|phase| phase.as_str()).collect();
/// assert_eq!(names, ["dns", "tcp", "tls", "first_byte", "download", "dom", "load"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// The lookup of the name, for a new connection.
    Dns,
    /// The TCP handshake, for a new connection.
    Tcp,
    /// The TLS handshake, for a new connection.
    Tls,
    /// From the start of the navigation to the first byte of the response, with all phases before it.
    FirstByte,
    /// From the first byte of the response to its last.
    Download,
    /// From the start of the navigation to the end of `DOMContentLoaded`.
    Dom,
    /// From the start of the navigation to the end of `load`.
    Load,
}

// === impl Phase ===

impl Phase {
    /// All phases, in the order in which they end.
    pub const ALL: [Self; 7] = [
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::FirstByte,
        Self::Download,
        Self::Dom,
        Self::Load,
    ];

    /// Returns the value of the label: `first_byte`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::FirstByte => "first_byte",
            Self::Download => "download",
            Self::Dom => "dom",
            Self::Load => "load",
        }
    }
}
