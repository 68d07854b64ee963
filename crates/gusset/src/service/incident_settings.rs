//! The settings of incident reports, and the reports.

use std::path::PathBuf;

use gusset_incident::{EndCause, Incidents, IncidentsBuilder};

use super::incidents::Running;
use super::{Gusset, GussetBuilder};

// === impl GussetBuilder ===

impl GussetBuilder {
    /// Keeps what the service does last in memory and in a file of this folder, and writes incident reports into it. Defaults
    /// to the variable `GUSSET_INCIDENT_DIRECTORY`, or else to nothing: no recorder, no file and no reports.
    ///
    /// The folder survives the process: `/var/lib/shop`, systemd's `StateDirectory=`, a volume. One that cannot be written is
    /// one warning. Reports are made of panics, opened breakers, ranges that are left, a runtime that is stuck, full memory and
    /// kills for want of it, of more than 20 % failed calls, at SIGQUIT, and of a run before that ended uncleanly.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), gusset::Error> {
    /// # let folder = std::env::temp_dir().join(format!("gusset-doc-{}", std::process::id()));
    /// let gusset = gusset::builder().incidents(&folder).build()?;
    /// let report = gusset.incidents().expect("there is a folder").capture(
    ///     gusset::incident::Trigger::Manual,
    ///     "an operator wants to see it",
    /// );
    /// assert!(report.is_ok());
    /// # let _ = std::fs::remove_dir_all(folder);
    /// # Ok(())
    /// # }
    /// ```
    pub fn incidents(mut self, directory: impl Into<PathBuf>) -> Self {
        self.parts.incidents.directory = Some(directory.into());
        self
    }

    /// Configures the incident reports: other triggers, sections and destinations, limits. Without a folder it has no effect.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use gusset::incident::{Detect as _, SlowCalls, Trigger};
    ///
    /// let slow = SlowCalls::over(Duration::from_secs(2)).held_for(5);
    /// let builder = gusset::builder().configure_incidents(|it| it.on(Trigger::Latency, slow));
    /// ```
    pub fn configure_incidents(
        mut self,
        configure: impl FnOnce(IncidentsBuilder) -> IncidentsBuilder + 'static,
    ) -> Self {
        self.parts.incidents.configure = Box::new(configure);
        self
    }
}

// === impl Gusset ===

impl Gusset {
    /// Returns what makes incident reports. `None` without a folder: see [`GussetBuilder::incidents`].
    pub fn incidents(&self) -> Option<&Incidents> {
        self.0.incidents.get().map(Running::incidents)
    }

    /// Returns why the run before has ended, if it ended uncleanly.
    pub fn previous_end(&self) -> Option<&EndCause> {
        self.0.incidents.get()?.previous_end()
    }
}
