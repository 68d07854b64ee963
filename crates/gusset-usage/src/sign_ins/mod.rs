//! Sign-ins that succeeded and that failed.

mod client;
mod log;
mod reason;
mod report;
mod window;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gusset_data::SharedRecorder;
use metrics::{Counter, Label};

pub use self::client::SignInClient;
pub use self::reason::FailureReason;
pub use self::report::{FailureCount, SignInReport};
use self::window::SignInWindow;
use crate::names;
use crate::time::Ticks;

/// The handle by which a service reports its sign-ins. Returned by [`Usage::sign_ins`](crate::Usage::sign_ins). Clones share everything.
///
/// Each sign-in is one log entry, and is counted by outcome and reason. The accounts and the clients with the most failures
/// are known by their hashes: neither the name of an account nor the address of a client is kept or logged. The hash is
/// keyed with a secret that is replaced each day.
///
/// A log entry has the target `gusset::sign_in`, the level `INFO`, and fields of the Elastic Common Schema 8 and of
/// OpenTelemetry:
///
/// | field | value |
/// |---|---|
/// | `event.category` | `authentication` |
/// | `event.type` | `start` |
/// | `event.action` | `sign-in` |
/// | `event.outcome` | `success` or `failure` |
/// | `event.reason` | the [`FailureReason`] |
/// | `user.hash` | the hash of the account, 16 hexadecimal digits |
/// | `gusset.client.hash` | the hash of the client |
///
/// A success after ten failures or more of the account is logged at `WARN`: a password may have been guessed.
///
/// Each costs a lock and about two microseconds, which is little beside the hash of a password.
///
/// ```
/// use gusset_usage::{FailureReason, Usage};
///
/// # fn check(account: &str, password: &str) -> bool { password == "correct" }
/// # fn main() -> Result<(), gusset_usage::ConfigError> {
/// let sign_ins = Usage::builder().build()?.sign_ins().clone();
/// let peer = std::net::IpAddr::from([192, 0, 2, 7]);
/// match check("ada", "wrong") {
///     true => sign_ins.success("ada", peer),
///     false => sign_ins.failure("ada", peer, FailureReason::WrongCredentials),
/// }
/// assert_eq!(sign_ins.report().accounts[0].failures, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SignIns(Arc<Inner>);

struct Inner {
    ticks: Ticks,
    window: Mutex<SignInWindow>,
    successes: Counter,
    /// By the number of the reason.
    failures: [Counter; FailureReason::ALL.len()],
}

/// A success after this number of failures of an account is suspicious.
const SUSPICIOUS_FAILURES: u64 = 10;

const SUCCESS: &str = "success";
const FAILURE: &str = "failure";

// === impl SignIns ===

impl SignIns {
    pub(crate) fn new(ticks: Ticks, recorder: Option<&SharedRecorder>) -> Self {
        if let Some(recorder) = recorder {
            names::SIGN_INS.describe(recorder);
        }
        let counter = |outcome: &'static str, reason: Option<FailureReason>| {
            let Some(recorder) = recorder else {
                return Counter::noop();
            };
            let mut labels = vec![Label::from_static_parts(names::OUTCOME, outcome)];
            labels.extend(
                reason.map(|reason| Label::from_static_parts(names::REASON, reason.as_str())),
            );
            let counter = names::SIGN_INS.counter(recorder, labels);
            // From the start, so that a rate over the first seconds is known.
            counter.increment(0);
            counter
        };
        Self(Arc::new(Inner {
            ticks,
            window: Mutex::new(SignInWindow::new()),
            successes: counter(SUCCESS, None),
            failures: FailureReason::ALL.map(|reason| counter(FAILURE, Some(reason))),
        }))
    }

    /// Reports a sign-in that succeeded.
    ///
    /// `account` is what identifies the account: its id, or the name that was typed. `client` is an address, a name, or an
    /// `Option` of these.
    pub fn success<'a>(&self, account: &str, client: impl Into<SignInClient<'a>>) {
        let (hashes, failures) = {
            let mut window = self.window();
            let hashes = window.hashes(account, client.into());
            (hashes, window.add_success(hashes))
        };
        self.0.successes.increment(1);
        match failures < SUSPICIOUS_FAILURES {
            true => log::success(hashes),
            false => log::success_after_failures(hashes, failures),
        }
    }

    /// Reports a sign-in that failed, as [`success`](Self::success), with the reason.
    pub fn failure<'a>(
        &self,
        account: &str,
        client: impl Into<SignInClient<'a>>,
        reason: FailureReason,
    ) {
        let hashes = {
            let mut window = self.window();
            let hashes = window.hashes(account, client.into());
            window.add_failure(hashes, reason);
            hashes
        };
        self.0.failures[reason as usize].increment(1);
        log::failure(hashes, reason);
    }

    /// Returns the sign-ins of the last 30 to 60 minutes.
    pub fn report(&self) -> SignInReport {
        self.window().report()
    }

    /// Returns the window as of now, locked.
    fn window(&self) -> MutexGuard<'_, SignInWindow> {
        let tick = self.0.ticks.now();
        let window = self.0.window.lock();
        let mut window = window.unwrap_or_else(PoisonError::into_inner);
        window.advance(tick);
        window
    }
}

impl fmt::Debug for SignIns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIns").finish_non_exhaustive()
    }
}
