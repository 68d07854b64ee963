//! Families that a producer of the registry returned: numbers and histograms that were not recorded.

use std::collections::BTreeMap;

use gusset_data::{HistogramDataPoint, Labels, Metric, MetricData, NumberDataPoint};
use gusset_metrics::registry::prometheus_names::{label_text, metric_name};
use metrics::Unit;

use crate::naming;

/// One metric of a producer, of a kind that all formats have.
#[derive(Debug)]
pub(crate) struct ProducedFamily {
    metric: Metric,
}

/// One series, with its labels as text.
pub(crate) struct ProducedSeries<V> {
    pub(crate) labels: String,
    pub(crate) value: V,
}

// === impl ProducedFamily ===

impl ProducedFamily {
    /// Returns `None` for exponential histograms, which the text formats do not have, and for metrics without
    /// points.
    pub(crate) fn new(metric: Metric) -> Option<Self> {
        let family = Self { metric };
        let is_empty = family.number_points().is_empty() && family.histogram_points().is_empty();
        (!is_empty).then_some(family)
    }

    /// Returns the name of the family, with the suffixes of its unit and kind.
    pub(crate) fn name(&self, is_open_metrics: bool) -> String {
        let name = metric_name(&self.metric.name);
        match self.metric.data {
            MetricData::Counter(_) => {
                let name = naming::counter(&name, self.unit());
                if is_open_metrics {
                    name
                } else {
                    name + "_total"
                }
            }
            MetricData::Histogram(_) => naming::with_unit(&name, self.unit()),
            _ => naming::gauge(&name, self.unit(), Some(&self.metric.unit)),
        }
    }

    pub(crate) fn help(&self) -> Option<&str> {
        let help = self.metric.description.as_str();
        (!help.is_empty()).then_some(help)
    }

    /// Returns the unit, if it has a suffix.
    pub(crate) fn unit(&self) -> Option<Unit> {
        match self.metric.unit.as_str() {
            "s" => Some(Unit::Seconds),
            "ms" => Some(Unit::Milliseconds),
            "By" => Some(Unit::Bytes),
            "%" => Some(Unit::Percent),
            _ => None,
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self.metric.data {
            MetricData::Counter(_) => "counter",
            MetricData::Histogram(_) => "histogram",
            _ => "gauge",
        }
    }

    pub(crate) fn is_counter(&self) -> bool {
        matches!(self.metric.data, MetricData::Counter(_))
    }

    pub(crate) fn is_histogram(&self) -> bool {
        matches!(self.metric.data, MetricData::Histogram(_))
    }

    /// Returns the label that the format adds itself.
    pub(crate) fn reserved_label(&self) -> Option<&'static str> {
        self.is_histogram().then_some("le")
    }

    pub(crate) fn number_points(&self) -> &[NumberDataPoint] {
        match &self.metric.data {
            MetricData::Counter(points)
            | MetricData::UpDownCounter(points)
            | MetricData::Gauge(points) => points,
            _ => &[],
        }
    }

    pub(crate) fn histogram_points(&self) -> &[HistogramDataPoint] {
        match &self.metric.data {
            MetricData::Histogram(points) => points,
            _ => &[],
        }
    }

    /// Returns the numbers in the order of their labels.
    pub(crate) fn numbers(&self) -> Vec<ProducedSeries<f64>> {
        let points = self.number_points().iter();
        self.by_labels(points.map(|point| (&point.labels, point.value)))
    }

    /// Returns the histograms in the order of their labels.
    pub(crate) fn histograms(&self) -> Vec<ProducedSeries<&HistogramDataPoint>> {
        let points = self.histogram_points().iter();
        self.by_labels(points.map(|point| (&point.labels, point)))
    }

    /// Keeps the first of two points with the same labels: a page with both is rejected as a whole.
    fn by_labels<'a, V>(
        &self,
        points: impl Iterator<Item = (&'a Labels, V)>,
    ) -> Vec<ProducedSeries<V>> {
        let mut sorted = BTreeMap::new();
        for (labels, value) in points {
            let labels = labels.iter().map(|(key, value)| (&**key, &**value));
            let labels = label_text(labels, self.reserved_label());
            sorted.entry(labels).or_insert(value);
        }
        let series = sorted.into_iter();
        series
            .map(|(labels, value)| ProducedSeries { labels, value })
            .collect()
    }
}
