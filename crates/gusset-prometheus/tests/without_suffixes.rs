//! A service's own metrics under the names that it records.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use gusset_data::{InstrumentKind, MetricDescriptor, Unit as UcumUnit};
use gusset_prometheus::{PrometheusExporter, Resource, ScrapeEndpoint};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};

const CALLS: MetricDescriptor = MetricDescriptor::new(
    "gusset.calls",
    InstrumentKind::Counter,
    UcumUnit::Count("{call}"),
    "Calls.",
);
const WAIT: MetricDescriptor = MetricDescriptor::new(
    "gusset.wait",
    InstrumentKind::Histogram,
    UcumUnit::Seconds,
    "Waits.",
);

fn rendered(record: impl FnOnce()) -> ScrapeEndpoint {
    let builder = PrometheusExporter::builder().resource(Resource::new());
    let prometheus = builder.without_suffixes().build().unwrap();
    let recorder = prometheus.recorder();
    for metric in [CALLS, WAIT] {
        metric.describe(&recorder);
    }
    with_local_recorder(&recorder, record);
    prometheus.endpoint()
}

fn record_all() {
    describe_counter!("sent", Unit::Bytes, "Bytes sent.");
    describe_gauge!("age", Unit::Seconds, "Age.");
    describe_histogram!("latency", Unit::Seconds, "Latency.");
    counter!("orders", "plan" => "paid").increment(3);
    counter!("jobs_total").increment(4);
    counter!("sent").increment(5);
    gauge!("age").set(6);
    histogram!("latency").record(0.2);
    counter!("gusset.calls").increment(7);
    histogram!("gusset.wait").record(0.1);
}

#[test]
fn own_metrics_keep_their_names() {
    let text = rendered(record_all).render();
    for expected in [
        "# TYPE orders counter\norders{plan=\"paid\"} 3\n",
        "# TYPE jobs_total counter\njobs_total 4\n",
        "# TYPE sent counter\nsent 5\n",
        "# TYPE age gauge\nage 6\n",
        "# TYPE latency histogram\nlatency_bucket{le=\"0.005\"} 0\n",
        "latency_count 1\n",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[test]
fn described_metrics_keep_their_suffixes() {
    let endpoint = rendered(record_all);
    for text in [endpoint.render(), endpoint.render_open_metrics()] {
        assert!(text.contains("\ngusset_calls_total 7\n"), "{text}");
        assert!(text.contains("\ngusset_wait_seconds_count 1\n"), "{text}");
    }
}

#[test]
fn open_metrics_stays_valid() {
    let text = rendered(record_all).render_open_metrics();
    for expected in [
        // A counter without `_total` is not a counter there.
        "# TYPE orders unknown\norders{plan=\"paid\"} 3\n",
        "# TYPE sent unknown\nsent 5\n",
        "# TYPE jobs counter\njobs_total 4\n",
        "# TYPE age gauge\nage 6\n",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    // A unit has to be the end of the name.
    for line in text.lines() {
        if let Some(unit) = line.strip_prefix("# UNIT ") {
            let (name, unit) = unit.split_once(' ').unwrap();
            assert!(name.ends_with(&format!("_{unit}")), "{line}");
        }
    }
    assert!(
        text.contains("# UNIT gusset_wait_seconds seconds\n"),
        "{text}"
    );
}

#[test]
fn suffixes_are_added_by_default() {
    let prometheus = PrometheusExporter::builder().build().unwrap();
    with_local_recorder(&prometheus.recorder(), record_all);
    let text = prometheus.endpoint().render();
    for expected in [
        "orders_total{",
        "jobs_total 4",
        "sent_bytes_total 5",
        "age_seconds 6",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[test]
fn names_that_collide_are_dropped_once() {
    // Without suffixes, a counter and a gauge can have one name.
    let endpoint = rendered(|| {
        counter!("jobs").increment(3);
        gauge!("jobs").set(7);
    });
    for text in [endpoint.render(), endpoint.render_open_metrics()] {
        let samples = text.lines().filter(|line| line.starts_with("jobs "));
        assert_eq!(samples.count(), 1, "{text}");
    }
}
