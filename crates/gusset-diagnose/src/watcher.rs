//! Reports each change of the diagnosis.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use gusset_core::ConfigError;
use gusset_data::{SharedRecorder, contain_recorder};
use metrics::{Gauge, Label};

use crate::{Diagnoser, Diagnosis, Finding, FindingKind, Hold, Reading, TARGET, Thresholds};
use crate::{kinds, names};

/// Diagnoses each new reading, and reports what has changed: one `tracing` event for each finding that begins or ends,
/// and the metric [`ACTIVE`](names::ACTIVE).
///
/// An event has the target `gusset::diagnosis` and the fields `gusset.diagnosis.finding`, `.severity`, `.confidence` and
/// `.scope`. A finding that begins is logged at `WARN` with its evidence and advice, and one that ends at `INFO`. A finding
/// that only becomes the consequence of another one is not logged as ended.
///
/// ```
/// use gusset_diagnose::{Reading, Watcher};
///
/// # fn main() -> Result<(), gusset_core::ConfigError> {
/// let mut watcher = Watcher::builder().build()?;
/// let latest = watcher.latest();
/// watcher.observe(Reading::default());
/// println!("{}", latest.get());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Watcher {
    diagnoser: Diagnoser,
    gauges: Vec<(&'static str, Gauge)>,
    latest: LatestDiagnosis,
    /// The ids of the findings that were logged and have not ended.
    logged: BTreeSet<&'static str>,
}

/// Configures a [`Watcher`].
#[derive(Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct WatcherBuilder {
    thresholds: Thresholds,
    hold: Hold,
    recorder: Option<SharedRecorder>,
}

/// The last diagnosis of a [`Watcher`]. Clones show the same.
#[derive(Clone, Debug, Default)]
pub struct LatestDiagnosis(Arc<RwLock<Arc<Diagnosis>>>);

// === impl Watcher ===

impl Watcher {
    /// Returns a builder with the default thresholds.
    pub fn builder() -> WatcherBuilder {
        WatcherBuilder::default()
    }

    /// Returns a handle that shows the last diagnosis. Before the first reading, it is empty.
    pub fn latest(&self) -> LatestDiagnosis {
        self.latest.clone()
    }

    /// Diagnoses one more reading, and reports what has changed.
    pub fn observe(&mut self, reading: Reading) -> Arc<Diagnosis> {
        let diagnosis = Arc::new(self.diagnoser.observe(reading));
        self.latest.set(diagnosis.clone());
        let consequences = diagnosis.findings.iter().flat_map(|it| &it.consequences);
        let listed = diagnosis.findings.iter().map(|it| it.kind.id);
        let active: BTreeSet<_> = listed.chain(consequences.map(|kind| kind.id)).collect();
        for (id, gauge) in &self.gauges {
            gauge.set(f64::from(u8::from(active.contains(id))));
        }
        for finding in &diagnosis.findings {
            if self.logged.insert(finding.kind.id) {
                log_begin(finding);
            }
        }
        self.logged.retain(|id| {
            let remains = active.contains(id);
            if !remains {
                log_end(id);
            }
            remains
        });
        diagnosis
    }
}

fn log_begin(finding: &Finding) {
    let evidence: Vec<_> = finding.evidence.iter().map(ToString::to_string).collect();
    let subject = finding.subject.as_deref().unwrap_or_default();
    tracing::warn!(
        target: TARGET,
        {
            gusset.diagnosis.finding = finding.kind.id,
            gusset.diagnosis.severity = finding.severity.as_str(),
            gusset.diagnosis.confidence = finding.confidence.as_str(),
            gusset.diagnosis.scope = finding.scope.as_str(),
            gusset.diagnosis.subject = subject,
        },
        "{} {}. To do: {}",
        finding.kind.conclusion,
        evidence.join("; "),
        finding.kind.advice,
    );
}

fn log_end(id: &'static str) {
    tracing::info!(
        target: TARGET,
        { gusset.diagnosis.finding = id },
        "the finding `{id}` has ended"
    );
}

// === impl WatcherBuilder ===

impl WatcherBuilder {
    /// Sets the thresholds.
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// Sets in how many readings a finding has to be. Defaults to 3 of 5.
    pub fn hold(mut self, hold: Hold) -> Self {
        self.hold = hold;
        self
    }

    /// Sets the recorder of the metric. By default it is not recorded.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Builds the watcher.
    ///
    /// # Errors
    /// As [`Diagnoser::new`].
    pub fn build(self) -> Result<Watcher, ConfigError> {
        let recorder = self.recorder.map(contain_recorder);
        let gauges = recorder.map_or_else(Vec::new, |recorder| gauges(&recorder));
        Ok(Watcher {
            diagnoser: Diagnoser::new(self.thresholds, self.hold)?,
            gauges,
            latest: LatestDiagnosis::default(),
            logged: BTreeSet::new(),
        })
    }
}

/// Registers a series for each kind, which is 0 until there is a finding.
fn gauges(recorder: &SharedRecorder) -> Vec<(&'static str, Gauge)> {
    names::ACTIVE.describe(recorder);
    let gauge = |kind: &'static FindingKind| {
        let labels = vec![Label::from_static_parts(names::FINDING, kind.id)];
        let gauge = names::ACTIVE.gauge(recorder, labels);
        gauge.set(0.0);
        (kind.id, gauge)
    };
    kinds().map(gauge).collect()
}

impl fmt::Debug for WatcherBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatcherBuilder")
            .field("thresholds", &self.thresholds)
            .field("hold", &self.hold)
            .finish_non_exhaustive()
    }
}

// === impl LatestDiagnosis ===

impl LatestDiagnosis {
    /// Returns the last diagnosis.
    pub fn get(&self) -> Arc<Diagnosis> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, diagnosis: Arc<Diagnosis>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = diagnosis;
    }
}
