//! Incident reports of the shop, in a folder: what it did last, when there is trouble and after a kill.

use std::path::Path;
use std::time::Duration;

use gusset::diagnose::LatestDiagnosis;
use gusset::health::Health;
use gusset::incident::{
    BlackBox, BlackBoxWriter, Detect as _, Directory, FlightRecorder, Incidents, MemoryPressure,
    StateChanged, Trigger, previous_runs,
};
use gusset::system::SystemSampler;

use super::BoxError;
use super::objectives::Watched;

/// What makes the reports, and where they are.
pub(crate) struct Reports {
    pub(crate) incidents: Incidents,
    pub(crate) directory: Directory,
    /// Writes what survives a kill. `None` if the folder cannot be written.
    writer: Option<BlackBoxWriter>,
}

/// What a report shows, and what is recorded.
pub(crate) struct Sources<'a> {
    pub(crate) recorder: &'a FlightRecorder,
    pub(crate) health: &'a Health,
    pub(crate) objectives: &'a Watched,
    pub(crate) diagnosis: &'a LatestDiagnosis,
    pub(crate) system: &'a SystemSampler,
}

// === impl Reports ===

impl Reports {
    pub(crate) fn start(folder: &Path, sources: &Sources<'_>) -> Result<Self, BoxError> {
        let Sources {
            recorder,
            health,
            objectives,
            diagnosis,
            system,
        } = sources;
        let directory = Directory::new(folder);
        let left = StateChanged::to("range ", "violated");
        let missed = StateChanged::to("objective ", "violated");
        let incidents = Incidents::builder("shop", (*recorder).clone())
            .section("diagnosis", (*diagnosis).clone())
            .section("health", (*health).clone())
            .section("objectives", objectives.monitor())
            .on(Trigger::RangeLeft, left.or(missed))
            .on(Trigger::MemoryPressure, MemoryPressure::new())
            .destination(directory.clone())
            .start()?;
        // The shop serves without its diagnostics too.
        let file = BlackBox::builder("shop").create(folder);
        let interval = Duration::from_secs(1);
        let writer = file.and_then(|file| BlackBoxWriter::start(recorder, file, interval));
        let writer = writer.inspect_err(|error| {
            tracing::warn!("{}: {error}; it is kept in memory only", folder.display());
        });
        let record = (*recorder).clone();
        system.subscribe(move |before, now| record.record_snapshot(before, now));
        let record = (*recorder).clone();
        objectives.monitor().on_change(move |change| {
            let status = change.status();
            let what = format!("objective {}", status.name());
            record.record_change(what, status.state().as_str());
        });
        for run in previous_runs(folder, "shop") {
            let (cause, _) = incidents.report_previous_run(&run, &system.latest().now);
            tracing::warn!("the last run has ended by {cause}");
        }
        Ok(Self {
            incidents,
            directory,
            writer: writer.ok(),
        })
    }

    /// Marks the run as shut down.
    pub(crate) fn end(self) {
        if let Some(writer) = self.writer {
            writer.end_cleanly();
        }
    }
}
