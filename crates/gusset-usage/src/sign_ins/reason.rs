//! Why a sign-in failed.

use std::fmt;

/// Why a sign-in failed, by the service. It is a label of metrics and a field of log entries, and is not for the
/// client: that must not learn whether an account exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FailureReason {
    /// No account has this name.
    UnknownAccount,
    /// The password, key or token is wrong.
    WrongCredentials,
    /// The second factor is wrong or missing.
    SecondFactor,
    /// The credentials or the account have expired.
    Expired,
    /// The account is locked or disabled.
    Locked,
    /// A limit of attempts did not admit it.
    RateLimited,
    /// Another reason.
    Other,
}

// === impl FailureReason ===

impl FailureReason {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::UnknownAccount,
        Self::WrongCredentials,
        Self::SecondFactor,
        Self::Expired,
        Self::Locked,
        Self::RateLimited,
        Self::Other,
    ];

    /// Returns the value of the label: `unknown_account`, `wrong_credentials`, `second_factor`, `expired`, `locked`,
    /// `rate_limited` or `other`.
    ///
    /// ```
    /// use gusset_usage::FailureReason;
    ///
    /// assert_eq!(FailureReason::SecondFactor.as_str(), "second_factor");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::WrongCredentials => "wrong_credentials",
            Self::SecondFactor => "second_factor",
            Self::Expired => "expired",
            Self::Locked => "locked",
            Self::RateLimited => "rate_limited",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
