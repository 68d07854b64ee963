//! The report of the run before.

use gusset_core::Clock;
use gusset_data::StateTree;
use gusset_system::Snapshot;

use super::{Captured, Incidents};
use crate::black_box::EntryKind;
use crate::report::{Calls, ChangeRow, FORMAT, LogRow, ServiceFacts, time};
use crate::{EndCause, PreviousRun, Report, Trigger};

// === impl Incidents ===

impl Incidents {
    /// Makes the report of a run that has ended uncleanly, counts it by its reason, and delivers the report. `now` is the first
    /// snapshot of this run: the counters of the kernel show whether it ran out of memory.
    ///
    /// Returns why it has ended, and where the report is. Blocks this thread until it is delivered, at most for the
    /// [`delivery_timeout`](crate::IncidentsBuilder::delivery_timeout).
    ///
    /// ```no_run
    /// use gusset_incident::{FlightRecorder, Incidents};
    /// use gusset_system::SystemSampler;
    ///
    /// # fn main() -> Result<(), gusset_incident::ConfigError> {
    /// let sampler = SystemSampler::builder().start()?;
    /// let incidents = Incidents::builder("shop", FlightRecorder::builder().build()?).start()?;
    /// for run in gusset_incident::previous_runs("/var/lib/shop".as_ref(), "shop") {
    ///     let (cause, captured) = incidents.report_previous_run(&run, &sampler.latest().now);
    ///     println!("the last run has ended by {cause}: {:?}", captured.delivered);
    ///     run.export_interrupted_calls(None);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn report_previous_run(&self, run: &PreviousRun, now: &Snapshot) -> (EndCause, Captured) {
        let cause = run.end_cause(now);
        let core = self.core();
        core.counts().add_unclean_end(cause.reason);
        let id = core.next_id(Trigger::PreviousRun, run.last_seen);
        let report = report(run, &cause, id).redacted(core.redaction());
        let deadline = Clock::system().now() + core.times().delivery_timeout;
        let captured = core.deliver(Trigger::PreviousRun, &report, deadline);
        (cause, captured)
    }
}

fn report(run: &PreviousRun, cause: &EndCause, id: String) -> Report {
    let of_kind = |kind| run.entries.iter().filter(move |entry| entry.kind == kind);
    let logs = run.entries.iter().filter_map(|entry| match entry.kind {
        EntryKind::Log => Some(LogRow::of_line(entry.time, &entry.text)),
        EntryKind::Panic => {
            let line = format!("ERROR panic: {}", entry.text);
            Some(LogRow::of_line(entry.time, &line))
        }
        _ => None,
    });
    let mut missing = Vec::new();
    if run.torn > 0 {
        missing.push(format!("{} entries that were torn", run.torn));
    }
    missing.push(
        "what the file of the run has no room for: parts, ended calls, attributes of log records"
            .to_owned(),
    );
    let changes = of_kind(EntryKind::Change);
    Report {
        format: FORMAT.to_owned(),
        id,
        time: time::rounded(run.last_seen),
        trigger: Trigger::PreviousRun.as_str().to_owned(),
        detail: format!("the run has ended uncleanly, by {cause}"),
        service: ServiceFacts {
            name: run.service.clone(),
            process_id: run.process_id,
            started: time::rounded(run.started),
            build: StateTree::fields::<String>([]),
        },
        sections: Vec::new(),
        readings: run.readings().map(Into::into).collect(),
        totals: run.totals().map(Into::into).collect(),
        calls: Calls::interrupted(&run.interrupted_calls),
        changes: changes
            .map(|entry| ChangeRow::of_line(entry.time, &entry.text))
            .collect(),
        logs: logs.collect(),
        tasks: None,
        missing,
    }
}
