//! The allocations of recording and rendering.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use allocation_counter::measure;
use gusset_core::SpanIds;
use gusset_metrics::ExponentialHistogram;
use gusset_prometheus::{PrometheusExporter, Resource};
use metrics::{counter, gauge, histogram, with_local_recorder};

fn prometheus() -> PrometheusExporter {
    let resource = Resource::new().with("service.name", "test");
    PrometheusExporter::builder()
        .resource(resource)
        .build()
        .unwrap()
}

#[test]
fn recording_allocates_nothing() {
    let prometheus = prometheus();
    let (waits, hits, load) = with_local_recorder(&prometheus.recorder(), || {
        let labels = [("http.route", "/a")];
        (
            histogram!("waits", &labels),
            counter!("hits", &labels),
            gauge!("load", &labels),
        )
    });
    let allocated = measure(|| {
        for i in 0..100_000_u32 {
            waits.record(i);
            waits.record_many(f64::from(i), 3);
            hits.increment(1);
            load.set(i);
        }
    });
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn only_first_sampled_record_allocates() {
    let prometheus = prometheus();
    let waits = with_local_recorder(&prometheus.recorder(), || histogram!("waits"));
    let ids = SpanIds::new([1; 16], [2; 8], true);
    let first = measure(|| ids.scope(|| waits.record(1)));
    assert_eq!(first.count_total, 1);
    let later = measure(|| ids.scope(|| (0..100_000_u32).for_each(|i| waits.record(i))));
    assert_eq!(later.count_total, 0);
}

#[test]
fn native_histogram_allocates_for_new_scales_only() {
    let prometheus = PrometheusExporter::builder()
        .exponential_histogram("waits", ExponentialHistogram::new())
        .build()
        .unwrap();
    let waits = with_local_recorder(&prometheus.recorder(), || histogram!("waits"));
    let record = || {
        for i in 0..100_000_u32 {
            waits.record(f64::from(i) / 100.0);
            waits.record_many(-f64::from(i), 3);
        }
    };
    let first = measure(record).count_total;
    assert!((1..100).contains(&first), "{first}");
    assert_eq!(measure(record).count_total, 0);
}

#[test]
fn registering_again_allocates_nothing() {
    let prometheus = prometheus();
    let record = || {
        histogram!("waits", "http.route" => "/a").record(1);
        counter!("hits", "http.route" => "/a").increment(1);
    };
    with_local_recorder(&prometheus.recorder(), || {
        record();
        assert_eq!(measure(record).count_total, 0);
    });
}

#[test]
fn rendering_allocations_are_constant() {
    let allocations = |series: usize| {
        let prometheus = prometheus();
        with_local_recorder(&prometheus.recorder(), || {
            for i in 0..series {
                histogram!("waits", "http.route" => i.to_string()).record(1);
            }
        });
        let endpoint = prometheus.endpoint();
        let length = endpoint.render().len();
        assert!(length > series * 100);
        // The second rendering allocates the length of the first.
        measure(|| drop(endpoint.render())).count_total
    };
    let (few, many) = (allocations(10), allocations(10_000));
    assert!(many <= few + 8, "{few} for 10 series, {many} for 10,000");
    assert!(many < 100, "{many}");
}
