//! The registry as a [`MetricProducer`].

use gusset_data::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, MetricData, MetricProducer,
    NumberDataPoint, SharedStr,
};

use super::gauge::GaugeKind;
use super::{CounterValue, GaugeValue, HistogramValue, MetricFamily, Registry, Series};

impl MetricProducer for Registry {
    /// Returns all metrics, with those of the producers that were added. Leaves out gauges without an operation, because their kind is unknown.
    fn metrics(&self) -> Vec<Metric> {
        let counters = self.counters();
        let counters = counters.iter().map(|family| {
            let points = family.series().map(counter_point).collect();
            metric(family, MetricData::Counter(points))
        });
        let gauges = self.gauges.read(|kind| kind.get());
        let gauges = gauges.iter().filter_map(|(family, kind)| {
            let points = family.series().map(gauge_point).collect();
            let data = match (*kind)? {
                GaugeKind::UpDownCounter => MetricData::UpDownCounter(points),
                GaugeKind::Gauge => MetricData::Gauge(points),
            };
            Some(metric(family, data))
        });
        let histograms = self.histograms();
        let histograms = histograms.iter().map(|family| {
            // All series of a metric have one layout.
            let points: Vec<_> = family.series().filter_map(exponential_point).collect();
            let data = match points.is_empty() {
                true => MetricData::Histogram(family.series().map(histogram_point).collect()),
                false => MetricData::ExponentialHistogram(points),
            };
            metric(family, data)
        });
        let own = counters.chain(gauges).chain(histograms);
        let mut metrics: Vec<_> = own.chain(self.produced()).collect();
        metrics.sort_by(|a, b| a.name.cmp(&b.name));
        metrics
    }
}

fn metric<V>(family: &MetricFamily<V>, data: MetricData) -> Metric {
    Metric {
        name: family.name().clone(),
        unit: ucum(family),
        description: family.help().cloned().unwrap_or_default(),
        data,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus reads counters as floats too"
)]
fn counter_point(series: &Series<CounterValue>) -> NumberDataPoint {
    number_point(series, series.value().get() as f64)
}

fn gauge_point(series: &Series<GaugeValue>) -> NumberDataPoint {
    number_point(series, series.value().get())
}

fn number_point<V>(series: &Series<V>, value: f64) -> NumberDataPoint {
    NumberDataPoint {
        labels: series.labels(),
        start: series.start(),
        value,
    }
}

fn histogram_point(series: &Series<HistogramValue>) -> HistogramDataPoint {
    let value = series.value();
    HistogramDataPoint {
        labels: series.labels(),
        start: series.start(),
        bounds: value.boundaries().upper_bounds().clone(),
        counts: value.bucket_counts().collect(),
        sum: (!value.has_negative_values()).then(|| value.sum()),
        exemplars: value.exemplars().map(|(_, exemplar)| exemplar).collect(),
    }
}

fn exponential_point(series: &Series<HistogramValue>) -> Option<ExponentialHistogramDataPoint> {
    let value = series.value();
    Some(ExponentialHistogramDataPoint {
        labels: series.labels(),
        start: series.start(),
        buckets: value.exponential_buckets()?,
        sum: (!value.has_negative_values()).then(|| value.sum()),
        min: value.min(),
        max: value.max(),
        exemplars: value.exemplars().map(|(_, exemplar)| exemplar).collect(),
    })
}

/// Returns the unit in UCUM: that of the metric's [`MetricDescriptor`](gusset_data::MetricDescriptor), or
/// else that of the facade, which has no annotations for counts.
fn ucum<V>(family: &MetricFamily<V>) -> SharedStr {
    let of_facade = || family.unit().map_or("", gusset_data::ucum);
    SharedStr::from_static(family.ucum.unwrap_or_else(of_facade))
}
