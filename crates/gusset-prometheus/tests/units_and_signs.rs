//! Units of names, and values below zero.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use gusset_prometheus::{PrometheusExporter, Resource, ScrapeEndpoint};
use metrics::{Unit, describe_gauge, describe_histogram, gauge, histogram, with_local_recorder};

fn rendered(record: impl FnOnce()) -> ScrapeEndpoint {
    let builder = PrometheusExporter::builder().resource(Resource::new());
    let prometheus = builder.build().unwrap();
    with_local_recorder(&prometheus.recorder(), record);
    prometheus.endpoint()
}

#[test]
fn percent_is_from_0_to_100() {
    let endpoint = rendered(|| {
        describe_gauge!("disk.use", Unit::Percent, "Share of the disk in use.");
        gauge!("disk.use").set(42.5);
    });
    for text in [endpoint.render(), endpoint.render_open_metrics()] {
        assert!(text.contains("\ndisk_use_percent 42.5\n"), "{text}");
        assert!(!text.contains("ratio"), "{text}");
    }
    let text = endpoint.render_open_metrics();
    assert!(text.contains("# UNIT disk_use_percent percent\n"), "{text}");
}

#[test]
fn histogram_with_negative_value_has_no_sum_in_open_metrics() {
    let endpoint = rendered(|| {
        histogram!("drift", "clock" => "a").record(-3);
        histogram!("drift", "clock" => "a").record(4);
        histogram!("drift", "clock" => "b").record(2);
    });
    let text = endpoint.render_open_metrics();
    // The sum is a counter, and each of the two requires the other.
    assert!(!text.contains("drift_sum{clock=\"a\"}"), "{text}");
    assert!(!text.contains("drift_count{clock=\"a\"}"), "{text}");
    let infinite = "drift_bucket{clock=\"a\",le=\"+Inf\"} 2\n";
    assert!(text.contains(infinite), "{text}");
    assert!(text.contains("drift_sum{clock=\"b\"} 2\n"), "{text}");
    assert!(text.contains("drift_count{clock=\"b\"} 1\n"), "{text}");
    // The text format has no such rule.
    let text = endpoint.render();
    assert!(text.contains("drift_sum{clock=\"a\"} 1\n"), "{text}");
    assert!(text.contains("drift_count{clock=\"a\"} 2\n"), "{text}");
}

#[test]
fn histogram_with_negative_boundary_has_no_sum_in_open_metrics() {
    let builder = PrometheusExporter::builder().buckets("drift", &[-1.0, 0.0, 1.0]);
    let prometheus = builder.resource(Resource::new()).build().unwrap();
    with_local_recorder(&prometheus.recorder(), || histogram!("drift").record(0.5));
    let text = prometheus.endpoint().render_open_metrics();
    assert!(text.contains("drift_bucket{le=\"-1.0\"} 0\n"), "{text}");
    assert!(!text.contains("drift_sum"), "{text}");
    assert!(!text.contains("drift_count"), "{text}");
}

#[test]
fn name_determines_the_buckets_of_a_histogram_without_unit() {
    let endpoint = rendered(|| {
        histogram!("job_seconds").record(0.3);
        histogram!("job.time.seconds").record(0.3);
        histogram!("upload_bytes").record(100);
        histogram!("job_milliseconds").record(3);
        // Described too late, but with the unit of the name.
        describe_histogram!("job_seconds", Unit::Seconds, "Duration of jobs.");
    });
    let text = endpoint.render();
    for bucket in [
        "job_seconds_bucket{le=\"0.25\"} 0\n",
        "job_seconds_bucket{le=\"0.5\"} 1\n",
        "job_time_seconds_bucket{le=\"0.5\"} 1\n",
        "upload_bytes_bucket{le=\"64\"} 0\n",
        "upload_bytes_bucket{le=\"256\"} 1\n",
        "job_milliseconds_bucket{le=\"5\"} 1\n",
    ] {
        assert!(text.contains(bucket), "{bucket} in {text}");
    }
}
