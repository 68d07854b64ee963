//! Where reports are delivered.

mod directory;
#[cfg(feature = "webhook")]
mod webhook;

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use gusset_core::Clock;

pub use self::directory::{Directory, ReportFormat, StoredReport};
#[cfg(feature = "webhook")]
pub use self::webhook::Webhook;
use crate::Report;

/// A report that is being delivered.
#[derive(Debug)]
pub struct Delivery<'a> {
    report: &'a Report,
    json: String,
    deadline: Instant,
}

/// A place for reports: a [`Directory`], a webhook, or one of the service.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a destination of reports",
    label = "does not implement `Destination`",
    note = "pass a `Directory`, or implement `Destination`"
)]
pub trait Destination: Send + Sync + 'static {
    /// Delivers a report, and returns where it is: a path, an address. It must return by the deadline.
    ///
    /// It is called on a thread of its own, and may block it.
    ///
    /// # Errors
    /// If the report is not there. It is counted, the first one is a line on standard error, and the service goes on.
    fn deliver(&self, delivery: &Delivery<'_>) -> io::Result<String>;
}

// === impl Delivery ===

impl<'a> Delivery<'a> {
    pub(crate) fn new(report: &'a Report, deadline: Instant) -> Self {
        Self {
            report,
            json: report.to_json(),
            deadline,
        }
    }

    /// Returns the report.
    pub fn report(&self) -> &'a Report {
        self.report
    }

    /// Returns the report as JSON.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Returns the time that is left.
    pub fn time_left(&self) -> Duration {
        self.deadline
            .saturating_duration_since(Clock::system().now())
    }
}

impl fmt::Debug for dyn Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Destination")
    }
}
