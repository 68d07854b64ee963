//! An incident report as data: the format `incident/v1`.

mod calls;
mod logs;
mod markdown;
mod redacted;
mod seconds;
pub(crate) mod time;

use std::fmt;
use std::time::SystemTime;

use gusset_data::StateTree;
use serde::{Deserialize, Serialize};

pub use self::calls::{ActiveCallRow, CallRow, Calls};
pub use self::logs::{ChangeRow, LogRow};
pub use self::seconds::{ReadingsRow, TotalsRow};

/// The format of this version.
pub const FORMAT: &str = "incident/v1";

/// An incident report: what happened, and what a service did and was before it.
///
/// It is written as JSON ([`to_json`](Self::to_json)), by the schema in the folder `schema` of this crate, and as Markdown for
/// people ([`to_markdown`](Self::to_markdown)). The order of fields and lists is always the same. Times are by RFC 3339 in UTC,
/// durations are in seconds, and what is not known is `null`.
///
/// ```
/// use gusset_incident::{FlightRecorder, Incidents, Report, Trigger};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let recorder = FlightRecorder::builder().build()?;
/// let incidents = Incidents::builder("shop", recorder).start()?;
/// let report = incidents.report(Trigger::Manual, "an operator wants to see it");
/// let read = Report::from_json(&report.to_json())?;
/// assert_eq!(read, report);
/// assert!(report.to_markdown().starts_with("# shop: manual"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Report {
    /// Always [`FORMAT`].
    pub format: String,
    /// The id, which is the name of its files: `20261127T215303Z-shop-panic-4711-1`.
    pub id: String,
    /// When it was made, or when the run that it is about was seen last.
    #[serde(with = "time")]
    pub time: SystemTime,
    /// Why it was made: `panic`, `breaker_opened`.
    pub trigger: String,
    /// What was detected, in words.
    pub detail: String,
    /// The service.
    pub service: ServiceFacts,
    /// What parts show of their state, in the order in which they were added: diagnosis, health, breakers, settings.
    pub sections: Vec<Section>,
    /// The readings of the system, the oldest first.
    pub readings: Vec<ReadingsRow>,
    /// The calls of each second, the oldest first. A second without calls is left out.
    pub totals: Vec<TotalsRow>,
    /// Single calls.
    pub calls: Calls,
    /// The changes of state, the oldest first.
    pub changes: Vec<ChangeRow>,
    /// The log records, the oldest first.
    pub logs: Vec<LogRow>,
    /// A dump of the tasks of the service, if it has one.
    pub tasks: Option<String>,
    /// What is missing in this report, and why.
    pub missing: Vec<String>,
}

/// The service and process that a report is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ServiceFacts {
    /// The name.
    pub name: String,
    /// The process id.
    pub process_id: u32,
    /// When the process started, or was first seen by this crate.
    #[serde(with = "time")]
    pub started: SystemTime,
    /// What was built: version, target, and what the service adds.
    pub build: StateTree,
}

/// The state of one part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Section {
    /// The part: `health`.
    pub name: String,
    /// Its state.
    pub state: StateTree,
}

/// A text is not a report of this format.
#[derive(Debug)]
pub struct ReadError(String);

// === impl Report ===

impl Report {
    /// Returns the report as JSON, with two spaces for each level.
    #[expect(clippy::missing_panics_doc, reason = "it does not panic")]
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("all keys are texts, and all numbers are finite or null")
    }

    /// Reads a report.
    ///
    /// # Errors
    /// If the text is not JSON, or not of the format `incident/v1`.
    pub fn from_json(json: &str) -> Result<Self, ReadError> {
        /// Read first, so that another version is not an error of some field.
        #[derive(Deserialize)]
        struct Format {
            format: Option<String>,
        }

        let invalid = |error: serde_json::Error| ReadError(error.to_string());
        let found: Format = serde_json::from_str(json).map_err(invalid)?;
        match found.format.as_deref() {
            Some(FORMAT) => serde_json::from_str(json).map_err(invalid),
            found => {
                let found = found.unwrap_or("none");
                Err(ReadError(format!("the format is {found} and not {FORMAT}")))
            }
        }
    }

    /// Returns the report as Markdown: what happened, the state of each part, the last minute as a table and as charts, the
    /// slowest, failed and active calls, changes, and the end of the log.
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// Returns one line for a log: what happened, where the report is named, and how much it has.
    ///
    /// ```text
    /// breaker_opened: breaker stock: open (report 20261127T215303Z-shop-…, 120 calls, 4 log records)
    /// ```
    pub fn summary(&self) -> String {
        let Self {
            trigger,
            detail,
            id,
            calls,
            logs,
            ..
        } = self;
        let calls = calls.recent.len() + calls.active.len();
        let logs = logs.len();
        format!("{trigger}: {detail} (report {id}, {calls} calls, {logs} log records)")
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an incident report: {}", self.0)
    }
}

impl std::error::Error for ReadError {}
