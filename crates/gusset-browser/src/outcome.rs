//! The outcome of a beacon.

use http::StatusCode;

/// The outcome of a beacon. All but accepted ones change nothing but a counter.
///
/// ```
/// use gusset_browser::BeaconOutcome;
///
/// assert_eq!(BeaconOutcome::UnknownPage.as_str(), "unknown_page");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BeaconOutcome {
    /// It was recorded.
    Accepted,
    /// A browser sent it for another website: its `Sec-Fetch-Site` is not `same-origin`.
    CrossOrigin,
    /// It is not what the script sends, or did not arrive as a whole.
    Malformed,
    /// The user does not want to be tracked: it has `DNT: 1` or `Sec-GPC: 1`.
    OptedOut,
    /// There were too many in this second.
    RateLimited,
    /// A script from a cache has a higher sampling ratio than the one that applies.
    SampledOut,
    /// It is longer than [`MAX_BEACON_BYTES`](crate::BrowserMonitor::MAX_BEACON_BYTES).
    TooLarge,
    /// Its page is not registered.
    UnknownPage,
}

// === impl BeaconOutcome ===

impl BeaconOutcome {
    /// All outcomes, by name.
    pub const ALL: [Self; 8] = [
        Self::Accepted,
        Self::CrossOrigin,
        Self::Malformed,
        Self::OptedOut,
        Self::RateLimited,
        Self::SampledOut,
        Self::TooLarge,
        Self::UnknownPage,
    ];

    /// Returns the value of the label: `rate_limited`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::CrossOrigin => "cross_origin",
            Self::Malformed => "malformed",
            Self::OptedOut => "opted_out",
            Self::RateLimited => "rate_limited",
            Self::SampledOut => "sampled_out",
            Self::TooLarge => "too_large",
            Self::UnknownPage => "unknown_page",
        }
    }

    /// Returns the status of the response. A browser ignores it.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Accepted | Self::OptedOut | Self::SampledOut => StatusCode::NO_CONTENT,
            Self::CrossOrigin => StatusCode::FORBIDDEN,
            Self::Malformed | Self::UnknownPage => StatusCode::BAD_REQUEST,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}
