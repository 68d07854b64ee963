//! What is counted of reports, and the panics of the process.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use gusset_data::{
    Metric, MetricData, MetricDescriptor, MetricProducer, NumberDataPoint, SharedStr,
};

use crate::{EndReason, Incidents, Trigger, names, panic_hook};

/// The counts of one [`Incidents`].
#[derive(Debug)]
pub(crate) struct Counts {
    since: SystemTime,
    by_trigger: Mutex<BTreeMap<&'static str, u64>>,
    skipped: AtomicU64,
    failed: AtomicU64,
    is_failure_reported: AtomicBool,
    unclean_ends: Mutex<BTreeMap<&'static str, u64>>,
}

// === impl Counts ===

impl Default for Counts {
    fn default() -> Self {
        Self {
            since: SystemTime::now(),
            by_trigger: Mutex::default(),
            skipped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            is_failure_reported: AtomicBool::new(false),
            unclean_ends: Mutex::default(),
        }
    }
}

impl Counts {
    pub(crate) fn add_report(&self, trigger: Trigger) {
        add(&self.by_trigger, trigger.as_str());
    }

    pub(crate) fn add_unclean_end(&self, reason: EndReason) {
        add(&self.unclean_ends, reason.as_str());
    }

    pub(crate) fn add_skipped(&self) {
        self.skipped.fetch_add(1, Relaxed);
    }

    /// Counts a delivery that failed. The first one is a line on standard error: the log may be what does not work.
    pub(crate) fn report_failure(&self, id: &str, error: &str) {
        self.failed.fetch_add(1, Relaxed);
        if !self.is_failure_reported.swap(true, Relaxed) {
            eprintln!("gusset: the incident report {id} was not delivered: {error}");
        }
    }
}

impl MetricProducer for Incidents {
    /// Returns the counts of reports, and the panics of the process, by the table in [`names`].
    fn metrics(&self) -> Vec<Metric> {
        let counts = self.core().counts();
        let point = |labels: &[(&'static str, &'static str)], value: u64| {
            #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
            let value = value as f64;
            NumberDataPoint {
                labels: labels
                    .iter()
                    .map(|(key, value)| (SharedStr::from(*key), SharedStr::from(*value)))
                    .collect::<Vec<_>>()
                    .into(),
                value,
                start: counts.since,
            }
        };
        let by = |key: &'static str, of: &Mutex<BTreeMap<&'static str, u64>>| {
            let of = of.lock().unwrap_or_else(PoisonError::into_inner);
            let points = of
                .iter()
                .map(|(value, count)| point(&[(key, value)], *count));
            points.collect::<Vec<_>>()
        };
        let one = |count: u64| vec![point(&[], count)];
        vec![
            counter(&names::REPORTS, by(names::TRIGGER, &counts.by_trigger)),
            counter(&names::SKIPPED, one(counts.skipped.load(Relaxed))),
            counter(&names::FAILED_DELIVERIES, one(counts.failed.load(Relaxed))),
            counter(
                &names::UNCLEAN_ENDS,
                by(names::END_REASON, &counts.unclean_ends),
            ),
            counter(&names::PANICS, one(panic_hook::panics())),
        ]
    }
}

fn counter(descriptor: &MetricDescriptor, points: Vec<NumberDataPoint>) -> Metric {
    Metric {
        name: SharedStr::from_static(descriptor.name),
        unit: SharedStr::from_static(descriptor.unit.as_ucum()),
        description: SharedStr::from_static(descriptor.help),
        data: MetricData::Counter(points),
    }
}

fn add(counts: &Mutex<BTreeMap<&'static str, u64>>, key: &'static str) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    *counts.entry(key).or_default() += 1;
}
