//! What a call that ended says of the service.

use std::time::Duration;

/// What a call that ended says of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Vote {
    /// The service did what it should.
    Success,
    /// The service is at fault.
    Failure,
    /// The service lives and asks for less: a failure of the window's share and of a probe, but
    /// never of a run of failures (429, RESOURCE_EXHAUSTED).
    Throttled,
    /// The call says nothing: it was cancelled, or somebody else refused it. A probe gives its permit
    /// back.
    Ignore,
}

/// A [`Vote`], with the time that the remote asks to be left alone, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ballot {
    /// What the call says.
    pub vote: Vote,
    /// What the remote asks for; heard by a breaker that is built with
    /// [`honour_retry_after`](crate::Config::honour_retry_after), where this vote opens it.
    pub retry_after: Option<Duration>,
}

// === impl Vote ===

impl Vote {
    /// The vote as a label's value.
    ///
    /// ```
    /// assert_eq!(gusset_breaker::Vote::Throttled.as_str(), "throttled");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Throttled => "throttled",
            Self::Ignore => "ignored",
        }
    }

    #[inline]
    pub(crate) fn fails(self) -> bool {
        matches!(self, Self::Failure | Self::Throttled)
    }
}

// === impl Ballot ===

impl Ballot {
    /// A vote without a wish.
    pub const fn new(vote: Vote) -> Self {
        Self {
            vote,
            retry_after: None,
        }
    }

    /// With the time that the remote asks to be left alone.
    ///
    /// ```
    /// use gusset_breaker::{Ballot, Vote};
    /// use std::time::Duration;
    ///
    /// let ballot = Ballot::new(Vote::Failure).with_retry_after(Some(Duration::from_secs(30)));
    /// ```
    #[must_use]
    pub const fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.retry_after = after;
        self
    }
}

impl From<Vote> for Ballot {
    fn from(vote: Vote) -> Self {
        Self::new(vote)
    }
}
