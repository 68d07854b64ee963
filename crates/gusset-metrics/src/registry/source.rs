//! The same numbers as values.

use gusset_data::{
    HistogramDataPoint, Metric, MetricData, MetricProducer, NumberDataPoint, SharedStr,
};
use metrics::Unit;

use super::gauge::GaugeKind;
use super::{CounterCell, Family, GaugeCell, HistogramCell, Registry, Series};
use crate::names;

impl MetricProducer for Registry {
    /// A gauge that nobody has touched yet is left out: it is not settled what it is.
    fn metrics(&self) -> Vec<Metric> {
        let counters = self.counters();
        let counters = counters.iter().map(|family| {
            let points = family.series().map(count).collect();
            metric(family, MetricData::Counter(points))
        });
        let gauges = self.gauges.read(|nature| nature.kind());
        let gauges = gauges.iter().filter_map(|(family, kind)| {
            let points = family.series().map(level).collect();
            let data = match (*kind)? {
                GaugeKind::UpDownCounter => MetricData::UpDownCounter(points),
                GaugeKind::Gauge => MetricData::Gauge(points),
            };
            Some(metric(family, data))
        });
        let histograms = self.histograms();
        let histograms = histograms.iter().map(|family| {
            let points = family.series().map(distribution).collect();
            metric(family, MetricData::Histogram(points))
        });
        let mut metrics: Vec<_> = counters.chain(gauges).chain(histograms).collect();
        metrics.sort_by(|a, b| a.name.cmp(&b.name));
        metrics
    }
}

fn metric<C>(family: &Family<C>, data: MetricData) -> Metric {
    Metric {
        name: family.name().clone(),
        unit: unit(family.name(), family.unit()),
        description: family.help().cloned().unwrap_or_default(),
        data,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a page's reader has no more precise number either"
)]
fn count(series: &Series<CounterCell>) -> NumberDataPoint {
    number(series, series.cell().value() as f64)
}

fn level(series: &Series<GaugeCell>) -> NumberDataPoint {
    number(series, series.cell().value())
}

fn number<C>(series: &Series<C>, value: f64) -> NumberDataPoint {
    NumberDataPoint {
        labels: series.labels().clone(),
        start: series.start(),
        value,
    }
}

fn distribution(series: &Series<HistogramCell>) -> HistogramDataPoint {
    let cell = series.cell();
    HistogramDataPoint {
        labels: series.labels().clone(),
        start: series.start(),
        bounds: cell.bounds().ends().clone(),
        counts: cell.counts().collect(),
        sum: cell.sum(),
        exemplars: cell.exemplars().map(|(_, exemplar)| exemplar).collect(),
    }
}

/// The unit by UCUM. The facade knows only that something is a count; of what, our own table knows.
fn unit(name: &str, unit: Option<Unit>) -> SharedStr {
    let Some(unit) = unit else {
        return SharedStr::from_static("");
    };
    SharedStr::from_static(match unit {
        Unit::Count => {
            let ours = names::ALL.iter().find(|metric| metric.name == name);
            return ours.map_or(SharedStr::from_static(""), |metric| {
                metric.unit.to_string().into()
            });
        }
        // A share of one: what the page calls a ratio.
        Unit::Percent => "1",
        Unit::Seconds => "s",
        Unit::Milliseconds => "ms",
        Unit::Microseconds => "us",
        Unit::Nanoseconds => "ns",
        Unit::Tebibytes => "TiBy",
        Unit::Gibibytes => "GiBy",
        Unit::Mebibytes => "MiBy",
        Unit::Kibibytes => "KiBy",
        Unit::Bytes => "By",
        Unit::TerabitsPerSecond => "Tbit/s",
        Unit::GigabitsPerSecond => "Gbit/s",
        Unit::MegabitsPerSecond => "Mbit/s",
        Unit::KilobitsPerSecond => "kbit/s",
        Unit::BitsPerSecond => "bit/s",
        Unit::CountPerSecond => "1/s",
    })
}
