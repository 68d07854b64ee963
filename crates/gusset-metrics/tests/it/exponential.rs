//! Exponential histograms of the registry.

use gusset_core::SpanIds;
use gusset_data::{BucketCounts, ExponentialHistogramDataPoint, MetricData, MetricProducer as _};
use gusset_metrics::{ExponentialHistogram, Registry, RegistryBuilder, View};
use metrics::histogram;

const AGGREGATION: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";

fn build(builder: RegistryBuilder) -> Registry {
    builder.build_with(|_| None).unwrap()
}

fn exponential() -> Registry {
    build(Registry::builder().exponential_histogram("age", ExponentialHistogram::new()))
}

fn record(registry: &Registry, values: &[f64]) {
    metrics::with_local_recorder(registry, || {
        for value in values {
            histogram!("age").record(*value);
        }
    });
}

/// Returns the data points of a metric, or none if it is not an exponential histogram.
fn points(registry: &Registry, name: &str) -> Vec<ExponentialHistogramDataPoint> {
    let metrics = registry.metrics().into_iter();
    let mut metrics = metrics.filter(|metric| metric.name == name);
    match metrics.next().unwrap().data {
        MetricData::ExponentialHistogram(points) => points,
        MetricData::Histogram(_) => Vec::new(),
        other => panic!("{other:?}"),
    }
}

fn only_point(registry: &Registry) -> ExponentialHistogramDataPoint {
    let mut points = points(registry, "age");
    assert_eq!(points.len(), 1);
    points.remove(0)
}

fn explicit_counts(registry: &Registry) -> Vec<u64> {
    let histograms = registry.histograms();
    let series = histograms[0].series().next().unwrap();
    series.value().bucket_counts().collect()
}

#[test]
fn histogram_is_exponential_only_by_option() {
    let registry = build(
        Registry::builder()
            .exponential_histogram("age", ExponentialHistogram::new())
            .view(View::new("*.duration").exponential_histogram(ExponentialHistogram::new())),
    );
    metrics::with_local_recorder(&registry, || {
        for name in ["age", "job.duration", "size"] {
            histogram!(name).record(2.0);
        }
    });
    let is_exponential = |name| !points(&registry, name).is_empty();
    assert_eq!(
        ["age", "job.duration", "size"].map(is_exponential),
        [true, true, false]
    );
}

#[test]
fn point_has_count_sum_range_and_buckets() {
    let registry = exponential();
    record(&registry, &[1.0, 2.0, 2.0, 4.0, 0.0]);
    let point = only_point(&registry);
    assert_eq!(point.buckets.scale, 6);
    assert_eq!((point.buckets.count(), point.buckets.zero_count), (5, 1));
    assert_eq!(point.buckets.positive.offset, -1);
    let counts = point.buckets.positive.counts;
    assert_eq!(
        (counts[0], counts[64], counts[128], counts.len()),
        (1, 2, 1, 129)
    );
    assert_eq!(point.sum, Some(9.0));
    assert_eq!((point.min, point.max), (Some(0.0), Some(4.0)));
}

#[test]
fn explicit_buckets_are_kept_beside() {
    let registry = build(
        Registry::builder()
            .buckets("age", &[1.0, 3.0])
            .exponential_histogram("age", ExponentialHistogram::new()),
    );
    record(&registry, &[0.5, 2.0, 2.5, 7.0]);
    assert_eq!(explicit_counts(&registry), [1, 2, 1]);
    assert_eq!(only_point(&registry).buckets.count(), 4);
}

#[test]
fn values_that_are_not_finite_are_ignored() {
    let registry = exponential();
    let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.5];
    record(&registry, &values);
    metrics::with_local_recorder(&registry, || histogram!("age").record_many(2.0, 0));
    let point = only_point(&registry);
    assert_eq!((point.buckets.count(), point.sum), (1, Some(1.5)));
    assert_eq!((point.min, point.max), (Some(1.5), Some(1.5)));
    assert_eq!(explicit_counts(&registry).iter().sum::<u64>(), 1);
}

#[test]
fn negative_values_have_buckets_and_no_sum() {
    let registry = exponential();
    record(&registry, &[-2.0, -0.0, 2.0]);
    let point = only_point(&registry);
    assert_eq!(point.buckets.negative.total(), 1);
    assert_eq!(point.buckets.negative, point.buckets.positive);
    assert_eq!(point.buckets.zero_count, 1);
    // As for other histograms: it would not be a counter.
    assert_eq!(point.sum, None);
    assert_eq!((point.min, point.max), (Some(-2.0), Some(2.0)));
}

#[test]
fn series_without_values_has_neither_buckets_nor_range() {
    let registry = exponential();
    metrics::with_local_recorder(&registry, || {
        let _ = histogram!("age");
    });
    let point = only_point(&registry);
    assert_eq!(point.buckets.positive, BucketCounts::default());
    assert_eq!((point.min, point.max, point.sum), (None, None, Some(0.0)));
}

#[test]
fn lesser_scale_changes_neither_start_nor_counts() {
    let registry = exponential();
    record(&registry, &[1.0, 1.01, 1.02]);
    let before = only_point(&registry);
    record(&registry, &[1e-6, 1e6]);
    let after = only_point(&registry);
    assert_eq!((before.buckets.scale, after.buckets.scale), (8, 2));
    assert_eq!(after.start, before.start);
    let added = after.buckets.since(&before.buckets).unwrap();
    assert_eq!(added.count(), 2);
}

#[test]
fn settings_bound_buckets_and_scale() {
    let settings = ExponentialHistogram::new().max_buckets(10).max_scale(2);
    let registry = build(Registry::builder().exponential_histogram("age", settings));
    record(&registry, &[1.0, 1.1]);
    assert_eq!(only_point(&registry).buckets.scale, 2);
    record(&registry, &[1000.0]);
    let buckets = only_point(&registry).buckets;
    assert!(buckets.positive.counts.len() <= 10);
    assert_eq!((buckets.scale, buckets.count()), (-1, 3));
}

#[test]
fn view_overrides_the_settings_of_the_builder() {
    let with_scale = |scale| ExponentialHistogram::new().max_scale(scale);
    let registry = build(
        Registry::builder()
            .exponential_histogram("age", with_scale(5))
            .exponential_histogram("age", with_scale(4))
            .view(View::new("a*").exponential_histogram(with_scale(3))),
    );
    record(&registry, &[1.0]);
    assert_eq!(only_point(&registry).buckets.scale, 3);
}

#[test]
fn series_without_a_label_are_added_up() {
    let view = View::new("age")
        .remove_label("tenant")
        .exponential_histogram(ExponentialHistogram::new());
    let registry = build(Registry::builder().view(view));
    metrics::with_local_recorder(&registry, || {
        for tenant in ["a", "b"] {
            histogram!("age", "tenant" => tenant).record(2.0);
        }
    });
    assert_eq!(only_point(&registry).buckets.positive.counts, [2]);
}

#[test]
fn exemplars_are_kept() {
    let registry = exponential();
    SpanIds::new([1; 16], [2; 8], true).scope(|| record(&registry, &[2.0, 2.1]));
    let point = only_point(&registry);
    let values: Vec<_> = point.exemplars.iter().map(|it| it.value).collect();
    assert_eq!(values, [2.0]);
}

#[test]
fn environment_sets_the_default_aggregation() {
    let build = |text: &'static str| {
        let builder = Registry::builder().buckets("size", &[1.0]);
        let registry = builder
            .build_with(|name| (name == AGGREGATION).then(|| text.to_owned()))
            .unwrap();
        metrics::with_local_recorder(&registry, || {
            for name in ["age", "size", "http.server.request.duration"] {
                histogram!(name).record(2.0);
            }
        });
        ["age", "size", "http.server.request.duration"]
            .map(|name| !points(&registry, name).is_empty())
    };
    // `size` has boundaries that the user has chosen.
    assert_eq!(
        build("base2_exponential_bucket_histogram"),
        [true, false, true]
    );
    assert_eq!(
        build("Base2_Exponential_Bucket_Histogram"),
        [true, false, true]
    );
    for other in ["explicit_bucket_histogram", "", "sum"] {
        assert_eq!(build(other), [false; 3], "{other}");
    }
}

#[test]
fn concurrent_records_are_in_both_kinds_of_buckets() {
    let registry = exponential();
    std::thread::scope(|scope| {
        for thread in 0..4_i32 {
            let registry = &registry;
            scope.spawn(move || {
                let values: Vec<_> = (0..1000)
                    .map(|step| f64::from(thread - 2).exp2() * f64::from(step))
                    .collect();
                record(registry, &values);
            });
        }
    });
    assert_eq!(only_point(&registry).buckets.count(), 4000);
    assert_eq!(explicit_counts(&registry).iter().sum::<u64>(), 4000);
}
