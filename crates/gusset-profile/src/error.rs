//! The reasons for which a profile is refused.

use std::fmt;

use http::StatusCode;

/// The reason why a request gets no profile: its status, and the text for the client.
#[derive(Debug)]
pub(crate) struct ProfileError {
    pub(crate) status: StatusCode,
    pub(crate) reason: String,
}

// === impl ProfileError ===

impl ProfileError {
    pub(crate) fn new(status: StatusCode, reason: impl fmt::Display) -> Self {
        let reason = reason.to_string();
        Self { status, reason }
    }

    /// Creates the error while another profile is being taken.
    pub(crate) fn in_progress() -> Self {
        let reason = "another profile is being taken; try again when it has ended";
        Self::new(StatusCode::CONFLICT, reason)
    }

    /// Creates the error of a process that cannot do it, as it was built or started.
    pub(crate) fn unsupported(reason: impl fmt::Display) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, reason)
    }

    pub(crate) fn failed(reason: impl fmt::Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, reason)
    }
}
