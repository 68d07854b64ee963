//! The rendered text has what was recorded.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use std::time::{Duration, SystemTime};

use common::{Sample, samples};
use gusset_core::SpanIds;
use gusset_prometheus::{PrometheusExporter, Resource};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};
use proptest::prelude::*;

fn prometheus() -> PrometheusExporter {
    let resource = Resource::new().with("service.name", "test");
    PrometheusExporter::builder()
        .resource(resource)
        .build()
        .unwrap()
}

/// Returns the text of what `record` records.
fn rendered(record: impl FnOnce()) -> String {
    let prometheus = prometheus();
    with_local_recorder(&prometheus.recorder(), record);
    prometheus.endpoint().render()
}

/// Returns the value of one label.
fn label<'a>(sample: &'a Sample, name: &str) -> Option<&'a str> {
    let mut labels = sample.labels.iter();
    labels
        .find(|(key, _)| key == name)
        .map(|(_, value)| &**value)
}

fn value(text: &str, name: &str) -> Option<String> {
    let mut samples = samples(text).into_iter();
    samples
        .find(|sample| sample.name == name)
        .map(|sample| sample.value)
}

/// Returns an exporter with metrics of every kind.
fn shop() -> PrometheusExporter {
    let prometheus = PrometheusExporter::builder()
        .resource(
            Resource::new()
                .with("service.name", "shop")
                .with("service.version", "1.2.3"),
        )
        .buckets("queue.depth", &[1.0, 10.0])
        .build()
        .unwrap();
    with_local_recorder(&prometheus.recorder(), || {
        let duration = "http.server.request.duration";
        describe_histogram!(
            duration,
            Unit::Seconds,
            "Duration of \"requests\",\nincluding the body."
        );
        for (route, seconds) in [("/b", 0.3), ("/a", 0.005), ("/a", 30.0)] {
            let labels = [("http.request.method", "GET"), ("http.route", route)];
            histogram!(duration, &labels).record(seconds);
        }
        describe_histogram!(
            "http.server.response.body.size",
            Unit::Bytes,
            "Size of bodies."
        );
        histogram!("http.server.response.body.size").record(300);
        histogram!("queue.depth").record(4);
        describe_gauge!(
            "http.server.active_requests",
            Unit::Count,
            "Requests in progress."
        );
        gauge!("http.server.active_requests", "url.scheme" => "http").set(3);
        gauge!("http.server.active_requests", "url.scheme" => "grpc").set(-1);
        describe_counter!("process.cpu.time", Unit::Seconds, "CPU time.");
        counter!("process.cpu.time", "cpu.mode" => "user").increment(7);
        counter!("orders").increment(2);
    });
    prometheus
}

#[test]
fn text_format() {
    let prometheus = shop();
    insta::assert_snapshot!(prometheus.endpoint().render());
}

#[test]
fn open_metrics_format() {
    insta::assert_snapshot!(shop().endpoint().render_open_metrics());
}

#[test]
fn only_open_metrics_has_exemplars() {
    let prometheus = prometheus();
    let before = SystemTime::now();
    with_local_recorder(&prometheus.recorder(), || {
        describe_histogram!("waits", Unit::Seconds, "");
        let waits = histogram!("waits", "a" => "b");
        SpanIds::new([0x01; 16], [0x02; 8], true).scope(|| waits.record(0.3));
        SpanIds::new([0x03; 16], [0x04; 8], false).scope(|| waits.record(0.7));
    });
    let output = prometheus.endpoint().render_open_metrics();
    let exemplars: Vec<_> = output.lines().filter(|line| line.contains(" # ")).collect();
    let [line] = exemplars[..] else {
        panic!("{output}");
    };
    let (ids, span) = ("01".repeat(16), "02".repeat(8));
    let expected = format!(
        r#"waits_seconds_bucket{{a="b",le="0.5"}} 1 # {{trace_id="{ids}",span_id="{span}"}} 0.3 "#
    );
    let time = line.strip_prefix(&expected).expect(line);
    let time = Duration::from_secs_f64(time.parse().unwrap());
    let since = before.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    // In milliseconds.
    assert!(time + Duration::from_millis(1) >= since && time < since + Duration::from_secs(3600));

    assert!(!prometheus.endpoint().render().contains("trace_id"));
}

#[test]
fn duplicate_names_are_dropped_from_open_metrics() {
    let prometheus = prometheus();
    with_local_recorder(&prometheus.recorder(), || {
        // Distinct in text format, where the counter is `jobs_total`.
        counter!("jobs").increment(3);
        gauge!("jobs").set(7);
        gauge!("calls.created").set(7);
        histogram!("calls").record(1);
        gauge!("target").set(7);
        gauge!("target.info").set(7);
    });
    let output = prometheus.endpoint().render_open_metrics();
    assert!(
        output.contains("# TYPE jobs counter\njobs_total 3\n"),
        "{output}"
    );
    assert!(
        !output.contains("jobs 7") && !output.contains("created") && !output.contains("target 7")
    );
    assert!(!output.contains("target_info 7"), "{output}");
    assert_eq!(value(&prometheus.endpoint().render(), "jobs").unwrap(), "7");
}

#[test]
fn exporters_are_independent() {
    let (one, other) = (prometheus(), prometheus());
    with_local_recorder(&one.recorder(), || {
        counter!("hits").increment(1);
        histogram!("waits").record(1);
    });
    assert_eq!(value(&one.endpoint().render(), "hits_total").unwrap(), "1");
    assert_eq!(value(&other.endpoint().render(), "hits_total"), None);
    assert_eq!(value(&other.endpoint().render(), "waits_count"), None);
}

#[test]
fn names_are_translated() {
    let output = rendered(|| {
        describe_counter!("cpu.time", Unit::Seconds, "");
        describe_gauge!("memory.usage", Unit::Bytes, "");
        describe_histogram!("call.duration", Unit::Seconds, "");
        counter!("cpu.time").increment(1);
        gauge!("memory.usage").set(1);
        gauge!("active..requests").set(1);
        histogram!("call.duration").record(1);
        histogram!("5xx.ratio").record(1);
    });
    for name in [
        "cpu_time_seconds_total",
        "memory_usage_bytes",
        "active_requests",
        "call_duration_seconds_count",
        "_5xx_ratio_count",
    ] {
        assert!(value(&output, name).is_some(), "{name} in {output}");
    }
}

#[test]
fn metrics_with_one_prometheus_name_are_merged() {
    let output = rendered(|| {
        for name in ["queue.depth", "queue_depth"] {
            histogram!(name, "a" => "1", "b" => "2").record(1);
            histogram!(name, "b" => "2", "a" => "1").record(1);
            counter!(name, "x.y" => "1").increment(1);
        }
    });
    assert_eq!(value(&output, "queue_depth_count").unwrap(), "4");
    assert_eq!(value(&output, "queue_depth_total").unwrap(), "2");
}

#[test]
fn last_bucket_equals_count_during_recording() {
    /// Stops the other thread, also if this one panics.
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Relaxed);
        }
    }

    let prometheus = prometheus();
    let waits = with_local_recorder(&prometheus.recorder(), || histogram!("waits"));
    let done = AtomicBool::new(false);
    let recorded: u32 = std::thread::scope(|scope| {
        let recording = scope.spawn(|| {
            let mut recorded = 0;
            while !done.load(Relaxed) {
                waits.record(1e9);
                recorded += 1;
            }
            recorded
        });
        let stop = Stop(&done);
        for _ in 0..2_000 {
            let output = prometheus.endpoint().render();
            let samples = samples(&output);
            let last_sample = |name: &str| samples.iter().rfind(|it| it.name == name);
            let (last, count) = (
                last_sample("waits_bucket").unwrap(),
                last_sample("waits_count").unwrap(),
            );
            assert_eq!(label(last, "le"), Some("+Inf"));
            assert_eq!(last.value, count.value);
        }
        drop(stop);
        recording.join().unwrap()
    });
    let output = prometheus.endpoint().render();
    assert_eq!(value(&output, "waits_count").unwrap(), recorded.to_string());
}

#[test]
fn label_le_of_the_user_is_renamed() {
    let output = rendered(|| histogram!("waits", "le" => "x").record(1));
    for sample in samples(&output)
        .iter()
        .filter(|it| it.name.starts_with("waits"))
    {
        assert_eq!(label(sample, "exported_le"), Some("x"));
        assert_ne!(label(sample, "le"), Some("x"));
    }
}

#[test]
fn upper_bounds_are_inclusive() {
    let output = rendered(|| {
        describe_histogram!("waits", Unit::Seconds, "");
        histogram!("waits").record(0.25);
    });
    let buckets = samples(&output)
        .into_iter()
        .filter(|it| it.name == "waits_seconds_bucket");
    for Sample { labels, value, .. } in buckets {
        let le: f64 = labels[0].1.parse().unwrap();
        assert_eq!(value, if le >= 0.25 { "1" } else { "0" }, "le={le}");
    }
}

#[test]
fn values_that_are_not_finite_are_ignored() {
    let output = rendered(|| {
        histogram!("waits").record(1.5);
        histogram!("waits").record(f64::NAN);
        histogram!("waits").record(f64::INFINITY);
    });
    assert_eq!(value(&output, "waits_sum").unwrap(), "1.5");
    assert_eq!(value(&output, "waits_count").unwrap(), "1");
}

#[test]
fn first_description_applies() {
    let output = rendered(|| {
        histogram!("waits").record(0.2);
        describe_histogram!("waits", Unit::Seconds, "first");
        describe_histogram!("waits", Unit::Bytes, "second");
    });
    assert!(output.contains("# HELP waits_seconds first\n"), "{output}");
    // The boundaries are those at the first record.
    assert!(
        output.contains(r#"waits_seconds_bucket{le="10000"} 1"#),
        "{output}"
    );
}

#[test]
fn configured_boundaries_override_those_of_the_unit() {
    let prometheus = PrometheusExporter::builder()
        .buckets("a.b", &[1.0, 2.0])
        .build()
        .unwrap();
    with_local_recorder(&prometheus.recorder(), || {
        describe_histogram!("a.b", Unit::Seconds, "");
        histogram!("a.b").record(1);
    });
    let output = prometheus.endpoint().render();
    let buckets = samples(&output)
        .into_iter()
        .filter(|it| it.name == "a_b_seconds_bucket");
    let le: Vec<_> = buckets.map(|it| it.labels[0].1.clone()).collect();
    assert_eq!(le, ["1", "2", "+Inf"]);
}

#[test]
fn duplicate_names_are_dropped() {
    let output = rendered(|| {
        gauge!("target.info").set(7);
        gauge!("waits").set(7);
        histogram!("waits").record(1);
        histogram!("calls").record(1);
        gauge!("calls.count").set(7);
    });
    assert_eq!(value(&output, "target_info").unwrap(), "1");
    assert_eq!(value(&output, "waits").unwrap(), "7");
    assert_eq!(value(&output, "waits_count"), None);
    assert_eq!(output.matches("calls_count").count(), 1);
}

#[test]
fn empty_resource_has_no_target_info() {
    let prometheus = PrometheusExporter::builder()
        .resource(Resource::new())
        .build()
        .unwrap();
    assert_eq!(prometheus.endpoint().render(), "");
}

/// Generates text that is likely to break escaping.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![r#"[\\"n\n\r{}=, a]{0,8}"#, any::<String>()]
}

proptest! {
    // The path of the failures file is derived from `lib.rs`, which proptest does not find here.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn label_values_are_unchanged(text in hostile()) {
        let output = rendered(|| {
            counter!("c", "l" => text.clone()).increment(1);
            gauge!("g", "l" => text.clone()).set(1);
            histogram!("h", "l" => text.clone()).record(1);
        });
        for name in ["c_total", "g", "h_sum", "h_count", "h_bucket"] {
            let samples = samples(&output);
            let sample = samples.iter().find(|it| it.name == name).unwrap();
            prop_assert_eq!(label(sample, "l"), Some(&*text), "{}", name);
        }
    }

    #[test]
    fn any_names_render_to_valid_text(
        names in proptest::collection::vec((0..3, "[a.5é_]{0,3}(_count|_total)?", hostile()), 1..12),
    ) {
        let prometheus = prometheus();
        with_local_recorder(&prometheus.recorder(), || {
            for (kind, name, key) in names {
                let labels = [(key, "x".to_owned())];
                describe_gauge!(name.clone(), key_of(&labels));
                match kind {
                    0 => counter!(name, &labels).increment(1),
                    1 => gauge!(name, &labels).set(1),
                    _ => histogram!(name, &labels).record(1),
                }
            }
        });
        let endpoint = prometheus.endpoint();
        for text in [endpoint.render(), endpoint.render_open_metrics()] {
            // `samples` panics on invalid text. Without exemplars the lines of both formats are the
            // same.
            let mut seen: Vec<_> = samples(&text).into_iter().map(|it| (it.name, it.labels)).collect();
            let all = seen.len();
            seen.sort();
            seen.dedup();
            prop_assert_eq!(seen.len(), all, "a series twice in {}", text);
            let mut families: Vec<_> = text.lines().filter(|it| it.starts_with("# TYPE ")).collect();
            let all = families.len();
            families.dedup_by(|a, b| a.split(' ').nth(2) == b.split(' ').nth(2));
            prop_assert_eq!(families.len(), all, "a family twice in {}", text);
        }
    }
}

fn key_of(labels: &[(String, String)]) -> String {
    labels[0].0.clone()
}
