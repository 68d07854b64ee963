//! The metrics that are made when they are read.

use gusset_data::{
    Metric, MetricData, MetricDescriptor, MetricProducer, NumberDataPoint, SharedStr,
};

use crate::report::WindowUsage;
use crate::sign_ins::FailureCount;
use crate::{Usage, names};

type LabelValues = [(&'static str, &'static str)];

impl MetricProducer for Usage {
    /// Returns calls by people and by bots, visitors, and the most failed sign-ins of one account and client.
    ///
    /// The sign-ins themselves are counted by the recorder ([`UsageBuilder::recorder`](crate::UsageBuilder::recorder)).
    fn metrics(&self) -> Vec<Metric> {
        let (report, sign_ins) = (self.report(), self.sign_ins().report());
        let calls = self.shared.all_calls();
        let start = self.shared.started;
        let point = |labels: &LabelValues, value: u64| {
            let labels = labels.iter();
            let labels =
                labels.map(|(key, value)| (SharedStr::from(*key), SharedStr::from(*value)));
            #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
            let value = value as f64;
            NumberDataPoint {
                labels: labels.collect::<Vec<_>>().into(),
                start,
                value,
            }
        };
        let worst = |subject: &'static str, counts: &[FailureCount]| {
            let most = counts.first().map_or(0, |count| count.failures);
            point(&[(names::SUBJECT, subject)], most)
        };
        let visitors = |window: &'static str, usage: WindowUsage| {
            let of = |kind: &'static str, count: u64| {
                // Sorted by key.
                point(&[(names::VISITOR, kind), (names::WINDOW, window)], count)
            };
            match (usage.new_visitors, usage.returning_visitors) {
                (Some(new), Some(returning)) => vec![of("new", new), of("returning", returning)],
                _ => vec![of("any", usage.visitors)],
            }
        };
        let by_window = [
            visitors("day", report.last_day),
            visitors("hour", report.last_hour),
        ];
        vec![
            metric(
                &names::MAX_FAILURES,
                MetricData::Gauge(vec![
                    worst("account", &sign_ins.accounts),
                    worst("client", &sign_ins.clients),
                ]),
            ),
            metric(
                &names::CALLS,
                MetricData::Counter(vec![
                    point(&[(names::CLIENT, "bot")], calls.bots),
                    point(&[(names::CLIENT, "person")], calls.people),
                ]),
            ),
            metric(&names::VISITORS, MetricData::Gauge(by_window.concat())),
        ]
    }
}

fn metric(descriptor: &MetricDescriptor, data: MetricData) -> Metric {
    Metric {
        name: SharedStr::from_static(descriptor.name),
        unit: SharedStr::from_static(descriptor.unit.as_ucum()),
        description: SharedStr::from_static(descriptor.help),
        data,
    }
}
