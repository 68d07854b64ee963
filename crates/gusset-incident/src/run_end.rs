//! Why the run before has ended, as far as it is known.

use std::fmt;
use std::time::Duration;

use gusset_data::SpanSink;
use gusset_system::Snapshot;

use crate::black_box::{Entry, EntryKind};
use crate::{PreviousRun, Readings, RunEnd, TARGET};

/// Why a run has ended uncleanly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EndReason {
    /// A panic ended it.
    Panicked,
    /// The kernel killed it for want of memory, by the counters of the cgroup or of the host.
    OutOfMemory,
    /// The host was started again since.
    HostEnded,
    /// It was killed after its shutdown had begun: the shutdown took too long.
    KilledInShutdown,
    /// It was killed, or crashed. Nothing more is known.
    Killed,
}

/// Why a run has ended, with what leads to it.
///
/// `Display` is a line for a person: `out_of_memory: the kernel has killed 1 processes of the cgroup since`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndCause {
    /// The reason.
    pub reason: EndReason,
    /// The evidence, in words.
    pub evidence: String,
}

/// A memory that is as full as this may have been the reason for a kill.
const FULL: f64 = 0.9;

/// What follows a panic of the main thread later than this was written by a process that went on.
const PANIC_WINDOW: Duration = Duration::from_secs(2);

// === impl PreviousRun ===

impl PreviousRun {
    /// Returns why the run has ended, by its file and by what is read now.
    ///
    /// ```no_run
    /// use gusset_system::SystemSampler;
    ///
    /// # fn main() -> Result<(), gusset_incident::ConfigError> {
    /// let sampler = SystemSampler::builder().start()?;
    /// for run in gusset_incident::previous_runs("/var/lib/shop".as_ref(), "shop") {
    ///     println!("{}", run.end_cause(&sampler.latest().now));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn end_cause(&self, now: &Snapshot) -> EndCause {
        let cause = |reason, evidence: String| EndCause { reason, evidence };
        if let Some(panic) = self.fatal_panic() {
            return cause(EndReason::Panicked, panic.text.clone());
        }
        if self.end == Some(RunEnd::Panicked) {
            return cause(EndReason::Panicked, "its file states it".to_owned());
        }
        if now.host.boot_time.is_some_and(|boot| boot > self.last_seen) {
            return cause(
                EndReason::HostEnded,
                "the host was started since".to_owned(),
            );
        }
        let last = self.readings().next_back().map(|(_, readings)| readings);
        if let Some(evidence) = last.and_then(|last| out_of_memory(&last, now)) {
            return cause(EndReason::OutOfMemory, evidence);
        }
        let mut changes = self.entries.iter().rev();
        let phase = changes.find_map(|entry| entry.text.strip_prefix("phase: "));
        if let Some(phase @ ("draining" | "stopping")) = phase {
            let evidence = format!("it was {phase}, and did not end in time");
            return cause(EndReason::KilledInShutdown, evidence);
        }
        let memory = last.and_then(|last| last.memory_share());
        let memory = memory.map_or_else(String::new, |share| {
            format!("; {:.0} % of its memory was used", 100.0 * share)
        });
        let evidence = format!("it had no chance to write why{memory}");
        cause(EndReason::Killed, evidence)
    }

    /// Returns the panic that ended the process: one of the main thread, or one that aborted it.
    fn fatal_panic(&self) -> Option<&Entry> {
        let mut entries = self.entries.iter().rev();
        let panic = entries.find(|entry| entry.kind == EntryKind::Panic)?;
        let is_last = self.last_seen <= panic.time + PANIC_WINDOW;
        let is_of_main = panic.text.starts_with("thread main,");
        (self.end == Some(RunEnd::Panicked) || is_of_main && is_last).then_some(panic)
    }

    /// Exports the calls that were under way: a log event for each, and a span to the sink if it has one.
    ///
    /// Neither its log entry nor its span could be written before. The file has at most
    /// [`active_calls`](crate::BlackBoxBuilder::active_calls) of them.
    pub fn export_interrupted_calls(&self, spans: Option<&dyn SpanSink>) {
        for call in &self.interrupted_calls {
            let trace_id = call.trace_id.map(|id| gusset_data::hex::encode(&id));
            tracing::warn!(
                target: TARGET,
                {
                    http.request.method = call.method,
                    http.route = call.route,
                    error.type = "interrupted",
                    gusset.incident.trace_id = trace_id,
                    gusset.incident.age = call.age(self.last_seen).as_secs_f64(),
                },
                "the end of the process interrupted {} {}",
                call.method,
                call.route
            );
            if let (Some(sink), Some(span)) = (spans, call.to_span(self.last_seen)) {
                sink.export(span);
            }
        }
    }

    /// Returns how long the run was up.
    pub fn uptime(&self) -> Duration {
        let since = self.last_seen.duration_since(self.started);
        since.unwrap_or_default()
    }
}

/// Returns what speaks for a kill for want of memory.
fn out_of_memory(last: &Readings, now: &Snapshot) -> Option<String> {
    // A counter that is smaller is that of another cgroup.
    let killed = |before: Option<u64>, now: Option<u64>| {
        now?.checked_sub(before?).filter(|killed| *killed > 0)
    };
    let now_of_cgroup = now.cgroup.memory_events.oom_kills;
    if let Some(killed) = killed(last.cgroup_oom_kills, now_of_cgroup) {
        return Some(format!(
            "the kernel has killed {killed} processes of the cgroup for want of memory since"
        ));
    }
    let on_host = killed(last.host_oom_kills, now.host.paging.oom_kills)?;
    let share = last.memory_share().filter(|share| *share >= FULL)?;
    Some(format!(
        "{:.0} % of its memory was used, and the kernel has killed {on_host} processes of the host for want of memory since",
        100.0 * share
    ))
}

// === impl EndReason ===

impl EndReason {
    /// Returns the reason as metrics have it: `out_of_memory`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Panicked => "panicked",
            Self::OutOfMemory => "out_of_memory",
            Self::HostEnded => "host_ended",
            Self::KilledInShutdown => "killed_in_shutdown",
            Self::Killed => "killed",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for EndCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.evidence)
    }
}
