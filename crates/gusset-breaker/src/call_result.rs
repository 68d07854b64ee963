//! The result of a call, as the breaker counts it.

use std::time::Duration;

/// The result of a call, as the breaker counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallResult {
    /// The service handled the call.
    Success,
    /// The service failed.
    Failure,
    /// The service is available and limits its load (429, RESOURCE_EXHAUSTED).
    ///
    /// Counts as a failure of the window and of a half-open call. Neither extends nor breaks a
    /// sequence of consecutive failures.
    Throttled,
    /// The call is not evidence: it was cancelled, or rejected by another admission. A half-open
    /// breaker gets the permit back.
    Ignored,
}

/// A [`CallResult`], with the retry delay that the remote service requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallReport {
    /// The result.
    pub result: CallResult,
    /// The retry delay that the remote service requested.
    ///
    /// Used if this result opens the breaker and
    /// [`honour_retry_after`](crate::Config::honour_retry_after) is set.
    pub retry_after: Option<Duration>,
}

// === impl CallResult ===

impl CallResult {
    /// Returns the result as a label value.
    ///
    /// ```
    /// assert_eq!(gusset_breaker::CallResult::Throttled.as_str(), "throttled");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Throttled => "throttled",
            Self::Ignored => "ignored",
        }
    }

    #[inline]
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::Throttled)
    }
}

// === impl CallReport ===

impl CallReport {
    /// Creates a report without a retry delay.
    pub const fn new(result: CallResult) -> Self {
        Self {
            result,
            retry_after: None,
        }
    }

    /// Sets the retry delay that the remote service requested.
    ///
    /// ```
    /// use gusset_breaker::{CallReport, CallResult};
    /// use std::time::Duration;
    ///
    /// let report = CallReport::new(CallResult::Failure).with_retry_after(Some(Duration::from_secs(30)));
    /// ```
    #[must_use]
    pub const fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.retry_after = after;
        self
    }
}

impl From<CallResult> for CallReport {
    fn from(result: CallResult) -> Self {
        Self::new(result)
    }
}
