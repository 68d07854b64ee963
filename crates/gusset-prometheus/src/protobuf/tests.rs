//! Pages in protobuf, decoded again.

use std::sync::Arc;

use gusset_core::SpanIds;
use gusset_metrics::{ExponentialHistogram, Registry, RegistryBuilder};
use metrics::{Unit, counter, describe_counter, describe_histogram, gauge, histogram};

use super::messages::MetricFamily as Family;
use super::*;
use crate::Resource;
use crate::snapshot::Snapshotter;

fn snapshotter(builder: RegistryBuilder, record: impl FnOnce()) -> Snapshotter {
    let registry = builder.build_with(|_| None).unwrap();
    metrics::with_local_recorder(&registry, record);
    let resource = Resource::new().with("service.name", "shop \"1\"");
    Snapshotter::new(&resource, Arc::new(registry), false)
}

/// Returns the decoded families.
fn families(snapshotter: &Snapshotter) -> Vec<Family> {
    let page = snapshotter.render_protobuf();
    let (mut rest, mut families) = (&page[..], Vec::new());
    while !rest.is_empty() {
        families.push(Family::decode_length_delimited(&mut rest).unwrap());
    }
    families
}

/// Returns the only series of the histogram.
fn only_histogram(snapshotter: &Snapshotter) -> proto::Histogram {
    let all = families(snapshotter).into_iter();
    let mut all = all.filter(|family| family.r#type() == MetricType::Histogram);
    let [metric] = &all.next().unwrap().metric[..] else {
        panic!("not one series")
    };
    metric.histogram.clone().unwrap()
}

fn exponential() -> RegistryBuilder {
    Registry::builder()
        .buckets("job.duration", &[0.1, 1.0])
        .exponential_histogram("job.duration", ExponentialHistogram::new())
}

fn record(values: &[f64]) {
    for value in values {
        histogram!("job.duration").record(*value);
    }
}

#[test]
fn all_kinds_have_names_types_units_and_labels() {
    let snapshotter = snapshotter(Registry::builder(), || {
        describe_counter!("orders", Unit::Count, "Orders,\n\"all\".");
        describe_histogram!("job.duration", Unit::Seconds, "Jobs.");
        counter!("orders", "le" => "x", "shop.id" => "ö\n\"").increment(7);
        gauge!("queue").set(-0.5);
        histogram!("job.duration", "le" => "x").record(0.3);
    });
    let all = families(&snapshotter);
    let heads: Vec<_> = all
        .iter()
        .map(|family| (family.name(), family.r#type(), family.unit(), family.help()))
        .collect();
    assert_eq!(
        heads,
        [
            (
                "job_duration_seconds",
                MetricType::Histogram,
                "seconds",
                "Jobs."
            ),
            ("orders_total", MetricType::Counter, "", "Orders,\n\"all\"."),
            ("queue", MetricType::Gauge, "", ""),
            ("target_info", MetricType::Gauge, "", "Target metadata"),
        ]
    );
    let labels = |at: usize| {
        let labels = all[at].metric[0].label.iter();
        labels.map(|it| (it.name(), it.value())).collect::<Vec<_>>()
    };
    assert_eq!(labels(0), [("exported_le", "x")]);
    assert_eq!(labels(1), [("le", "x"), ("shop_id", "ö\n\"")]);
    assert_eq!(labels(3), [("service_name", "shop \"1\"")]);
    let counter = all[1].metric[0].counter.unwrap();
    assert_eq!(counter.value, Some(7.0));
    assert_eq!(all[2].metric[0].gauge.unwrap().value, Some(-0.5));
    let now = timestamp(SystemTime::now()).seconds;
    let age = now - counter.created_timestamp.unwrap().seconds;
    assert!((0..3600).contains(&age), "{age}");
}

#[test]
fn counter_without_suffix_is_a_counter() {
    let registry = Registry::builder().build_with(|_| None).unwrap();
    metrics::with_local_recorder(&registry, || counter!("orders").increment(1));
    let snapshotter = Snapshotter::new(&Resource::new(), Arc::new(registry), true);
    let [orders] = &families(&snapshotter)[..] else {
        panic!("not one family")
    };
    assert_eq!(
        (orders.name(), orders.r#type()),
        ("orders", MetricType::Counter)
    );
}

#[test]
fn histogram_without_the_option_has_explicit_buckets_only() {
    let builder = Registry::builder().buckets("job.duration", &[0.1, 1.0]);
    let histogram = only_histogram(&snapshotter(builder, || {
        record(&[0.05, 0.5, 7.0, f64::NAN]);
    }));
    let buckets = histogram.bucket.iter();
    let buckets: Vec<_> = buckets
        .map(|it| (it.upper_bound(), it.cumulative_count()))
        .collect();
    assert_eq!(buckets, [(0.1, 1), (1.0, 2), (f64::INFINITY, 3)]);
    assert_eq!(
        (histogram.sample_count(), histogram.sample_sum()),
        (3, 7.55)
    );
    assert!(histogram.created_timestamp.is_some());
    // Prometheus takes any of these for a native histogram.
    assert_eq!(histogram.schema, None);
    assert_eq!(
        (histogram.zero_threshold, histogram.zero_count),
        (None, None)
    );
    assert!(histogram.positive_span.is_empty() && histogram.negative_span.is_empty());
}

#[test]
fn native_histogram_has_both_kinds_of_buckets() {
    // At scale 7, 1.0 is the upper bound of the bucket 0 of Prometheus, and 2.0 that of 128.
    let values = [1.0, 2.0, 2.0, 0.0, f64::INFINITY];
    let histogram = only_histogram(&snapshotter(exponential(), || record(&values)));
    assert_eq!(histogram.schema, Some(7));
    assert_eq!(histogram.sample_count(), 4);
    assert_eq!(histogram.sample_sum(), 5.0);
    assert_eq!(histogram.zero_count, Some(1));
    assert_eq!(histogram.zero_threshold, Some(2.0_f64.powi(-128)));
    let spans = histogram.positive_span.iter();
    let spans: Vec<_> = spans.map(|it| (it.offset(), it.length())).collect();
    assert_eq!(spans, [(0, 1), (127, 1)]);
    assert_eq!(histogram.positive_delta, [1, 1]);
    assert!(histogram.negative_span.is_empty());
    let counts = histogram.bucket.iter().map(proto::Bucket::cumulative_count);
    assert_eq!(counts.collect::<Vec<_>>(), [1, 2, 4]);
}

#[test]
fn negative_values_have_buckets_and_a_sum() {
    let histogram = only_histogram(&snapshotter(exponential(), || record(&[-4.0, -4.0, 1.0])));
    assert_eq!(histogram.negative_delta, [2]);
    assert_eq!(histogram.negative_span[0].offset(), 2 << histogram.schema());
    assert_eq!(histogram.positive_span[0].offset(), 0);
    assert_eq!(histogram.sample_sum(), -7.0);
    assert_eq!(histogram.bucket[0].cumulative_count(), 2);
}

#[test]
fn registered_series_without_values_is_native() {
    let histogram = only_histogram(&snapshotter(exponential(), || {
        let _ = histogram!("job.duration");
    }));
    assert_eq!((histogram.schema, histogram.sample_count()), (Some(8), 0));
    // Without buckets, the threshold makes it one.
    assert!(histogram.zero_threshold() > 0.0);
}

#[test]
fn scale_below_the_schemas_leaves_explicit_buckets() {
    let builder = Registry::builder()
        .exponential_histogram("job.duration", ExponentialHistogram::new().max_buckets(2));
    let histogram = only_histogram(&snapshotter(builder, || record(&[1e-9, 1e9])));
    assert_eq!((histogram.schema, histogram.zero_threshold), (None, None));
    assert_eq!(histogram.bucket.last().unwrap().cumulative_count(), 2);
    assert_eq!(histogram.sample_count(), 2);
}

#[test]
fn exemplars_are_at_their_buckets_and_at_the_native_histogram() {
    let ids = |id| SpanIds::new([id; 16], [id; 8], true);
    let histogram = only_histogram(&snapshotter(exponential(), || {
        ids(0xab).scope(|| record(&[0.05]));
        ids(0xcd).scope(|| record(&[7.0]));
    }));
    let at: Vec<_> = histogram
        .bucket
        .iter()
        .map(|it| it.exemplar.is_some())
        .collect();
    assert_eq!(at, [true, false, true]);
    let values: Vec<_> = histogram
        .exemplars
        .iter()
        .map(proto::Exemplar::value)
        .collect();
    assert_eq!(values, [0.05, 7.0]);
    let exemplar = histogram.exemplars[1].clone();
    assert_eq!(Some(&exemplar), histogram.bucket[2].exemplar.as_ref());
    let labels = exemplar.label.iter();
    let labels: Vec<_> = labels.map(|it| (it.name(), it.value())).collect();
    assert_eq!(
        labels,
        [
            ("trace_id", &*"cd".repeat(16)),
            ("span_id", &*"cd".repeat(8))
        ]
    );
    assert!(exemplar.timestamp.unwrap().seconds > 1_700_000_000);
}
