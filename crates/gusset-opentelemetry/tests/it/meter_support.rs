//! A meter provider of the SDK, and what it exports.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, Metric, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, InMemoryMetricExporterBuilder, MeterProviderBuilder, SdkMeterProvider,
    Temporality,
};

pub(crate) use gusset_opentelemetry::MeterRecorder;

/// A provider and its exporter.
pub(crate) struct Sdk {
    pub(crate) provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

/// One exported metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Exported {
    /// For example `i64 up-down counter`.
    pub(crate) kind: String,
    pub(crate) unit: String,
    pub(crate) description: String,
    pub(crate) bounds: Vec<f64>,
    pub(crate) points: Vec<Point>,
    pub(crate) exemplars: usize,
}

/// One series. The value of a histogram is its count.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) attributes: Vec<KeyValue>,
    pub(crate) value: f64,
}

// === impl Sdk ===

impl Sdk {
    pub(crate) fn new() -> Self {
        Self::with(Temporality::Cumulative, |builder| builder)
    }

    /// Creates a provider with other settings.
    pub(crate) fn with(
        temporality: Temporality,
        configure: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder,
    ) -> Self {
        let exporter = InMemoryMetricExporterBuilder::new()
            .with_temporality(temporality)
            .build();
        let builder = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone());
        let provider = configure(builder).build();
        Self { provider, exporter }
    }

    pub(crate) fn recorder(&self) -> MeterRecorder {
        MeterRecorder::from_provider(&self.provider)
    }

    /// Exports the metrics, and returns them by name.
    pub(crate) fn export(&self) -> BTreeMap<String, Exported> {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let all = self.exporter.get_finished_metrics().unwrap();
        let scopes = all.iter().flat_map(ResourceMetrics::scope_metrics);
        let metrics = scopes.flat_map(ScopeMetrics::metrics);
        metrics
            .map(|metric| (metric.name().to_owned(), exported(metric)))
            .collect()
    }

    /// Exports the metrics, and returns the name and the schema of their scope.
    pub(crate) fn scope(&self) -> (String, String) {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let all = self.exporter.get_finished_metrics().unwrap();
        let scope = all[0].scope_metrics().next().unwrap().scope();
        let schema = scope.schema_url().unwrap_or_default();
        (scope.name().to_owned(), schema.to_owned())
    }

    /// Returns the only exported metric.
    #[track_caller]
    pub(crate) fn only(&self) -> (String, Exported) {
        let all = self.export();
        assert_eq!(all.len(), 1, "{all:#?}");
        all.into_iter().next().unwrap()
    }

    /// Returns the value of the only series of a metric.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> f64 {
        let all = self.export();
        match &all[name].points[..] {
            [point] => point.value,
            points => panic!("{points:#?}"),
        }
    }
}

impl Exported {
    /// Returns the value of the series with these attributes.
    #[track_caller]
    pub(crate) fn value(&self, attributes: &[KeyValue]) -> f64 {
        let mut points = self.points.iter();
        let point = points.find(|point| point.attributes == attributes);
        point.unwrap_or_else(|| panic!("{self:#?}")).value
    }
}

fn exported(metric: &Metric) -> Exported {
    let exported = match metric.data() {
        AggregatedMetrics::F64(data) => of_data("f64", data, |value| value),
        AggregatedMetrics::U64(data) => of_data("u64", data, |value| value as f64),
        AggregatedMetrics::I64(data) => of_data("i64", data, |value| value as f64),
    };
    Exported {
        unit: metric.unit().to_owned(),
        description: metric.description().to_owned(),
        ..exported
    }
}

fn of_data<T: Copy>(number: &str, data: &MetricData<T>, to_f64: fn(T) -> f64) -> Exported {
    let mut exported = Exported::default();
    let mut add = |attributes: Vec<&KeyValue>, value, exemplars| {
        let mut attributes: Vec<_> = attributes.into_iter().cloned().collect();
        attributes.sort_by(|a, b| a.key.cmp(&b.key));
        exported.points.push(Point { attributes, value });
        exported.exemplars += exemplars;
    };
    let kind = match data {
        MetricData::Sum(sum) => {
            for point in sum.data_points() {
                let exemplars = point.exemplars().count();
                let value = to_f64(point.value());
                add(point.attributes().collect(), value, exemplars);
            }
            match sum.is_monotonic() {
                true => "counter",
                false => "up-down counter",
            }
        }
        MetricData::Gauge(gauge) => {
            for point in gauge.data_points() {
                let exemplars = point.exemplars().count();
                let value = to_f64(point.value());
                add(point.attributes().collect(), value, exemplars);
            }
            "gauge"
        }
        MetricData::Histogram(histogram) => {
            for point in histogram.data_points() {
                let exemplars = point.exemplars().count();
                add(
                    point.attributes().collect(),
                    point.count() as f64,
                    exemplars,
                );
            }
            let first = histogram.data_points().next();
            exported.bounds = first.map(|it| it.bounds().collect()).unwrap_or_default();
            "histogram"
        }
        MetricData::ExponentialHistogram(_) => "exponential histogram",
    };
    exported.kind = format!("{number} {kind}");
    exported
}
