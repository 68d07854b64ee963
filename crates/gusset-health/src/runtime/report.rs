//! The result of a shutdown.

use std::process::ExitCode;

/// The result of a shutdown: the server's output, and the requests that did not finish.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let health = gusset_health::Health::builder().handle_signals(false).build()?;
/// let runtime = health.start()?;
/// let report = runtime.serve(async { "closed" }).await;
/// assert_eq!(report.server_output(), Some(&"closed"));
/// assert!(report.unfinished_requests().is_empty() && report.is_flushed() && report.is_clean());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "determines the exit code of the process"]
pub struct ShutdownReport<T> {
    server_output: Option<T>,
    unfinished_requests: Vec<(String, usize)>,
    flushed: bool,
}

// === impl ShutdownReport ===

impl<T> ShutdownReport<T> {
    pub(super) fn new(
        server_output: Option<T>,
        unfinished_requests: Vec<(String, usize)>,
        flushed: bool,
    ) -> Self {
        Self {
            server_output,
            unfinished_requests,
            flushed,
        }
    }

    /// Returns the output of the server, or `None` if it did not finish before the deadline.
    pub fn server_output(&self) -> Option<&T> {
        self.server_output.as_ref()
    }

    /// Converts into the output of the server. See [`server_output`](Self::server_output).
    pub fn into_server_output(self) -> Option<T> {
        self.server_output
    }

    /// Returns the number of unfinished requests for each route that has any.
    pub fn unfinished_requests(&self) -> &[(String, usize)] {
        &self.unfinished_requests
    }

    /// Returns whether telemetry was flushed before its deadline, without a panic.
    pub fn is_flushed(&self) -> bool {
        self.flushed
    }

    /// Returns whether all requests finished and telemetry was flushed. Idle connections that stay
    /// open until the deadline do not count.
    pub fn is_clean(&self) -> bool {
        self.unfinished_requests.is_empty() && self.flushed
    }

    /// Returns 0 if the shutdown was clean, or else 1.
    pub fn exit_code(&self) -> ExitCode {
        if self.is_clean() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
