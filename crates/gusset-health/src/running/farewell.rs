//! What became of a shutdown.

use std::process::ExitCode;

/// What became of a shutdown: the server's own result, and who did not finish.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let health = gusset_health::Health::builder().signals(false).build()?;
/// let running = health.start()?;
/// let farewell = running.serve(async { "ended by itself" }).await;
/// assert_eq!(farewell.served(), Some(&"ended by itself"));
/// assert!(farewell.stragglers().is_empty() && farewell.is_flushed() && farewell.is_clean());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "the exit code of the process follows from it"]
pub struct Farewell<T> {
    served: Option<T>,
    stragglers: Vec<(String, usize)>,
    flushed: bool,
}

// === impl Farewell ===

impl<T> Farewell<T> {
    pub(super) fn new(served: Option<T>, stragglers: Vec<(String, usize)>, flushed: bool) -> Self {
        Self {
            served,
            stragglers,
            flushed,
        }
    }

    /// What the server gave; `None` if it did not end before the deadline.
    pub fn served(&self) -> Option<&T> {
        self.served.as_ref()
    }

    /// As [`served`](Self::served), to keep.
    pub fn into_served(self) -> Option<T> {
        self.served
    }

    /// The calls that did not finish, by route.
    pub fn stragglers(&self) -> &[(String, usize)] {
        &self.stragglers
    }

    /// Whether telemetry was flushed in time.
    pub fn is_flushed(&self) -> bool {
        self.flushed
    }

    /// Whether nothing was lost: no call, and no telemetry. A connection that was open and idle
    /// until the deadline is no loss.
    pub fn is_clean(&self) -> bool {
        self.stragglers.is_empty() && self.flushed
    }

    /// 0 if it is clean, else 1.
    pub fn exit_code(&self) -> ExitCode {
        if self.is_clean() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
