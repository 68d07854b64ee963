//! The rules of a normal range: its value and whether it is outside, for each instance, and the alert.
//!
//! The monitor in the process computes the same for its own instance.

mod cases;

use gusset_data::{InstrumentKind, MetricDescriptor};

use super::alert::Alert;
use super::file::{Group, Recording};
use super::format::pascal_case;
use crate::definition::STEP;
use crate::promql::{Selector, duration, number};
use crate::{Aggregate, Hold, Mode, NormalRange, ServiceLevels};

/// The label of the process, which scrapes and OTLP both have.
const INSTANCE: &str = "instance";
const SOURCE: &str = "declared by the service; m of n evaluations, because a single value outside is usual \
                      even for a quiet metric";

/// Returns the rules of a declared range. Others have no bounds that Prometheus could compare with.
pub(super) fn group(levels: &ServiceLevels, range: &NormalRange) -> Option<Group> {
    if range.bounds_mode() != Mode::Declared {
        return None;
    }
    let metric = levels.catalogue().find(range.metric_name())?;
    let rules = RangeRules {
        levels,
        range,
        metric,
    };
    Some(Group {
        name: format!("{}-range-{}", levels.service(), range.name()),
        interval: Some(levels.step(STEP)),
        recordings: rules.recordings(),
        alerts: vec![rules.alert()],
    })
}

struct RangeRules<'a> {
    levels: &'a ServiceLevels,
    range: &'a NormalRange,
    metric: &'a MetricDescriptor,
}

// === impl RangeRules ===

impl RangeRules<'_> {
    fn series(&self) -> Selector {
        self.levels.series_with(self.metric, self.range.labels())
    }

    /// Returns the aggregate of each instance.
    fn value(&self) -> String {
        let series = self.series();
        let window = duration(self.levels.window(self.range.window_time()));
        let sum_of_rates =
            |series: &Selector| format!("sum by ({INSTANCE}) (rate({series}[{window}]))");
        let count = series.renamed("_count");
        let is_frequent = format!(
            "\nand sum by ({INSTANCE}) (increase({count}[{window}])) >= {}",
            self.range.required_samples()
        );
        match self.range.aggregate_of(self.metric) {
            Aggregate::Last => format!("sum by ({INSTANCE}) ({series})"),
            Aggregate::Rate if self.metric.kind == InstrumentKind::Histogram => {
                sum_of_rates(&count)
            }
            Aggregate::Rate => sum_of_rates(&series),
            Aggregate::Mean => {
                let sum = sum_of_rates(&series.renamed("_sum"));
                format!("{sum}\n/ {}{is_frequent}", sum_of_rates(&count))
            }
            Aggregate::Quantile(quantile) => {
                let buckets = series.renamed("_bucket");
                let rates = format!("sum by ({INSTANCE}, le) (rate({buckets}[{window}]))");
                format!("histogram_quantile({quantile}, {rates}){is_frequent}")
            }
        }
    }

    fn recorded(&self, name: &str) -> String {
        Selector::new(name)
            .equal("service", self.levels.service())
            .equal("range", self.range.name())
            .to_string()
    }

    fn recordings(&self) -> Vec<Recording> {
        let label = ("range", self.range.name());
        let value = self.recorded("slo:range:value");
        let (low, high) = self.range.bounds();
        let above = high.map(|high| format!("({value} > bool {})", number(high)));
        let below = low.map(|low| format!("({value} < bool {})", number(low)));
        let outside: Vec<_> = above.into_iter().chain(below).collect();
        vec![
            Recording::new(self.levels, "slo:range:value", label, self.value()),
            Recording::new(self.levels, "slo:range:outside", label, outside.join(" + ")),
        ]
    }

    fn alert(&self) -> Alert {
        let Self {
            levels,
            range,
            metric,
        } = self;
        let Hold { outside, of, clear } = range.hold_times();
        let window = duration(levels.step(STEP) * u32::from(of));
        let expr = format!(
            "sum_over_time({}[{window}]) >= {outside}",
            self.recorded("slo:range:outside")
        );
        let name = format!("{}OutOfRange", pascal_case(range.name()));
        let mut alert = Alert::new(levels, name, range.alert_severity(), expr);
        alert.keep_firing_for = levels.step(STEP) * u32::from(clear);
        alert
            .labels
            .insert("range".to_owned(), range.name().to_owned());
        alert.summary = format!("{}: {} is out of its range", levels.service(), range.name());
        alert.description.0 = format!(
            "{} The recorded value is `slo:range:value`.",
            range.sentence(metric)
        );
        let advice = range.advice_text();
        alert.advice = advice
            .unwrap_or(
                "Compare the value with that of other instances and of last week. If it is the new normal, \
                 change the range in the code.",
            )
            .to_owned();
        alert.source = SOURCE.to_owned();
        alert.cases = self.cases();
        alert
    }
}
