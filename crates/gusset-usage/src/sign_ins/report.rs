//! The sign-ins of the last hour.

use gusset_data::SharedStr;

use super::FailureReason;

/// The sign-ins of the last 30 to 60 minutes. Returned by [`SignIns::report`](super::SignIns::report).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignInReport {
    /// Sign-ins that succeeded.
    pub successes: u64,
    /// Sign-ins that failed.
    pub failures: u64,
    /// Those that failed, by reason. A reason that did not occur is left out.
    pub by_reason: Vec<(FailureReason, u64)>,
    /// The accounts with the most failures, the worst first. At most 1,024.
    pub accounts: Vec<FailureCount>,
    /// The clients with the most failures, the worst first. At most 1,024.
    pub clients: Vec<FailureCount>,
}

/// The failures of one account or client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailureCount {
    /// The hash of the account or client, as in log entries. It is another one after a day.
    pub hash: SharedStr,
    /// The failures that certainly occurred.
    pub failures: u64,
    /// The successes since the first of these failures.
    pub successes: u64,
}

// === impl SignInReport ===

impl SignInReport {
    /// Returns the share of the sign-ins that failed. `None` if there were none.
    ///
    /// ```
    /// use gusset_usage::{FailureReason, Usage};
    ///
    /// # fn main() -> Result<(), gusset_usage::ConfigError> {
    /// let usage = Usage::builder().build()?;
    /// assert_eq!(usage.sign_ins().report().failure_share(), None);
    /// usage.sign_ins().success("ada", "192.0.2.7");
    /// usage.sign_ins().failure("bob", "192.0.2.8", FailureReason::Locked);
    /// assert_eq!(usage.sign_ins().report().failure_share(), Some(0.5));
    /// # Ok(())
    /// # }
    /// ```
    pub fn failure_share(&self) -> Option<f64> {
        share(self.failures, self.successes)
    }
}

// === impl FailureCount ===

impl FailureCount {
    /// Returns the share of its sign-ins that failed, since the first failure.
    pub fn failure_share(&self) -> Option<f64> {
        share(self.failures, self.successes)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
fn share(failures: u64, successes: u64) -> Option<f64> {
    let all = failures + successes;
    (all > 0).then(|| failures as f64 / all as f64)
}
