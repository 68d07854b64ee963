//! The counts of reports and of panics as metrics.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};

use gusset_data::{
    Metric, MetricData, MetricDescriptor, MetricProducer, NumberDataPoint, SharedStr,
};

use crate::{Incidents, names, panic_hook};

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
