//! The section of incident reports.

use std::time::Duration;

use gusset_core::ConfigError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{duration, is_default, section};

section! {
    /// Incident reports: what the service did last, in memory, in a file that survives a kill, and in reports.
    IncidentsConfig {
        /// The folder of the reports, which has to survive the process. Defaults to none: nothing is recorded.
        #[schemars(extend("x-env" = "GUSSET_INCIDENT_DIRECTORY"))]
        directory: Option<String>,
        /// The bytes of memory for what the service did last, 64 KiB at least. Defaults to 2 MiB.
        max_memory_bytes: Option<usize>,
        /// The reports that are kept, one at least; the oldest make room. Defaults to 20.
        max_reports: Option<usize>,
        /// The bytes of all reports, at most; the oldest make room. Defaults to 50 MiB.
        max_bytes: Option<u64>,
        /// The time between two reports, except for those that a person wants and those before the end of the
        /// process. Defaults to 5 min.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        min_gap: Option<Duration>,
        /// The time for a report, its delivery and the flush before the process ends, 100 ms at least. It has to fit
        /// into the grace period of the platform. Defaults to 3 s.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        budget: Option<Duration>,
    }
}

// === impl IncidentsConfig ===

impl IncidentsConfig {
    /// Checks what the types do not.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let invalid = |setting: &str, problem: &str| {
            Err(ConfigError::new(format!("incidents.{setting}"), problem))
        };
        if self.max_memory_bytes.is_some_and(|bytes| bytes < 64 * 1024) {
            return invalid("max_memory_bytes", "less than 65536");
        }
        if self.max_reports == Some(0) {
            return invalid("max_reports", "must not be 0");
        }
        if self
            .budget
            .is_some_and(|budget| budget < Duration::from_millis(100))
        {
            return invalid("budget", "less than 100 ms");
        }
        Ok(())
    }
}
