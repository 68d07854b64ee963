//! What was recorded is what a page shows.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use std::time::{Duration, SystemTime};

use common::{Sample, samples};
use gusset_core::SpanIds;
use gusset_prometheus::{Prometheus, Resource};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};
use proptest::prelude::*;

fn prometheus() -> Prometheus {
    let resource = Resource::new().with("service.name", "test");
    Prometheus::builder().resource(resource).build().unwrap()
}

/// The page of what `record` records.
fn page_of(record: impl FnOnce()) -> String {
    let prometheus = prometheus();
    with_local_recorder(&prometheus.recorder(), record);
    prometheus.page().render()
}

/// The value of one label.
fn label<'a>(sample: &'a Sample, name: &str) -> Option<&'a str> {
    let mut labels = sample.labels.iter();
    labels
        .find(|(key, _)| key == name)
        .map(|(_, value)| &**value)
}

fn value(page: &str, name: &str) -> Option<String> {
    let mut samples = samples(page).into_iter();
    samples
        .find(|sample| sample.name == name)
        .map(|sample| sample.value)
}

/// Something of everything.
fn shop() -> Prometheus {
    let prometheus = Prometheus::builder()
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
            "Duration of \"requests\",\nto the last byte."
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
            "Requests under way."
        );
        gauge!("http.server.active_requests", "url.scheme" => "http").set(3);
        gauge!("http.server.active_requests", "url.scheme" => "grpc").set(-1);
        describe_counter!("process.cpu.time", Unit::Seconds, "Time on a processor.");
        counter!("process.cpu.time", "cpu.mode" => "user").increment(7);
        counter!("orders").increment(2);
    });
    prometheus
}

#[test]
fn a_whole_page_reads_like_this() {
    let prometheus = shop();
    insta::assert_snapshot!(prometheus.page().render());
}

#[test]
fn a_whole_page_of_open_metrics_reads_like_this() {
    insta::assert_snapshot!(shop().page().render_open_metrics());
}

#[test]
fn an_exemplar_stands_at_its_bucket_and_only_in_open_metrics() {
    let prometheus = prometheus();
    let before = SystemTime::now();
    with_local_recorder(&prometheus.recorder(), || {
        describe_histogram!("waits", Unit::Seconds, "");
        let waits = histogram!("waits", "a" => "b");
        SpanIds::new([0x01; 16], [0x02; 8], true).scope(|| waits.record(0.3));
        SpanIds::new([0x03; 16], [0x04; 8], false).scope(|| waits.record(0.7));
    });
    let page = prometheus.page().render_open_metrics();
    let exemplars: Vec<_> = page.lines().filter(|line| line.contains(" # ")).collect();
    let [line] = exemplars[..] else {
        panic!("{page}");
    };
    let (ids, span) = ("01".repeat(16), "02".repeat(8));
    let expected = format!(
        r#"waits_seconds_bucket{{a="b",le="0.5"}} 1 # {{trace_id="{ids}",span_id="{span}"}} 0.3 "#
    );
    let time = line.strip_prefix(&expected).expect(line);
    let time = Duration::from_secs_f64(time.parse().unwrap());
    let since = before.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    // Told in milliseconds.
    assert!(time + Duration::from_millis(1) >= since && time < since + Duration::from_secs(3600));

    assert!(!prometheus.page().render().contains("trace_id"));
}

#[test]
fn two_metrics_of_one_name_do_not_spoil_a_page_of_open_metrics() {
    let prometheus = prometheus();
    with_local_recorder(&prometheus.recorder(), || {
        // Apart in text, where a counter is named by its total.
        counter!("jobs").increment(3);
        gauge!("jobs").set(7);
        gauge!("calls.created").set(7);
        histogram!("calls").record(1);
        gauge!("target").set(7);
        gauge!("target.info").set(7);
    });
    let page = prometheus.page().render_open_metrics();
    assert!(
        page.contains("# TYPE jobs counter\njobs_total 3\n"),
        "{page}"
    );
    assert!(!page.contains("jobs 7") && !page.contains("created") && !page.contains("target 7"));
    assert!(!page.contains("target_info 7"), "{page}");
    assert_eq!(value(&prometheus.page().render(), "jobs").unwrap(), "7");
}

#[test]
fn two_pages_in_one_process_do_not_see_each_other() {
    let (one, other) = (prometheus(), prometheus());
    with_local_recorder(&one.recorder(), || {
        counter!("hits").increment(1);
        histogram!("waits").record(1);
    });
    assert_eq!(value(&one.page().render(), "hits_total").unwrap(), "1");
    assert_eq!(value(&other.page().render(), "hits_total"), None);
    assert_eq!(value(&other.page().render(), "waits_count"), None);
}

#[test]
fn every_kind_has_its_name_translated() {
    let page = page_of(|| {
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
        assert!(value(&page, name).is_some(), "{name} in {page}");
    }
}

#[test]
fn one_metric_under_two_spellings_is_one_metric() {
    let page = page_of(|| {
        for name in ["queue.depth", "queue_depth"] {
            histogram!(name, "a" => "1", "b" => "2").record(1);
            histogram!(name, "b" => "2", "a" => "1").record(1);
            counter!(name, "x.y" => "1").increment(1);
        }
    });
    assert_eq!(value(&page, "queue_depth_count").unwrap(), "4");
    assert_eq!(value(&page, "queue_depth_total").unwrap(), "2");
}

#[test]
fn the_last_bucket_and_the_count_agree_while_others_record() {
    /// Ends the other thread also when this one panics.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
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
        let stop = Done(&done);
        for _ in 0..2_000 {
            let page = prometheus.page().render();
            let samples = samples(&page);
            let of = |name: &str| samples.iter().rfind(|it| it.name == name);
            let (last, count) = (of("waits_bucket").unwrap(), of("waits_count").unwrap());
            assert_eq!(label(last, "le"), Some("+Inf"));
            assert_eq!(last.value, count.value);
        }
        drop(stop);
        recording.join().unwrap()
    });
    let page = prometheus.page().render();
    assert_eq!(value(&page, "waits_count").unwrap(), recorded.to_string());
}

#[test]
fn a_label_called_as_that_of_the_buckets_steps_aside() {
    let page = page_of(|| histogram!("waits", "le" => "x").record(1));
    for sample in samples(&page)
        .iter()
        .filter(|it| it.name.starts_with("waits"))
    {
        assert_eq!(label(sample, "exported_le"), Some("x"));
        assert_ne!(label(sample, "le"), Some("x"));
    }
}

#[test]
fn a_value_on_a_boundary_is_within_it() {
    let page = page_of(|| {
        describe_histogram!("waits", Unit::Seconds, "");
        histogram!("waits").record(0.25);
    });
    let buckets = samples(&page)
        .into_iter()
        .filter(|it| it.name == "waits_seconds_bucket");
    for Sample { labels, value, .. } in buckets {
        let le: f64 = labels[0].1.parse().unwrap();
        assert_eq!(value, if le >= 0.25 { "1" } else { "0" }, "le={le}");
    }
}

#[test]
fn not_a_number_leaves_the_sum_a_number() {
    let page = page_of(|| {
        histogram!("waits").record(1.5);
        histogram!("waits").record(f64::NAN);
        histogram!("waits").record(f64::INFINITY);
    });
    assert_eq!(value(&page, "waits_sum").unwrap(), "1.5");
    assert_eq!(value(&page, "waits_count").unwrap(), "1");
}

#[test]
fn the_first_description_stands_and_may_come_late() {
    let page = page_of(|| {
        histogram!("waits").record(0.2);
        describe_histogram!("waits", Unit::Seconds, "first");
        describe_histogram!("waits", Unit::Bytes, "second");
    });
    assert!(page.contains("# HELP waits_seconds first\n"), "{page}");
    // The boundaries were settled by the first record.
    assert!(
        page.contains(r#"waits_seconds_bucket{le="10000"} 1"#),
        "{page}"
    );
}

#[test]
fn boundaries_given_are_above_those_of_the_unit() {
    let prometheus = Prometheus::builder()
        .buckets("a.b", &[1.0, 2.0])
        .build()
        .unwrap();
    with_local_recorder(&prometheus.recorder(), || {
        describe_histogram!("a.b", Unit::Seconds, "");
        histogram!("a.b").record(1);
    });
    let page = prometheus.page().render();
    let buckets = samples(&page)
        .into_iter()
        .filter(|it| it.name == "a_b_seconds_bucket");
    let le: Vec<_> = buckets.map(|it| it.labels[0].1.clone()).collect();
    assert_eq!(le, ["1", "2", "+Inf"]);
}

#[test]
fn two_metrics_of_one_name_do_not_spoil_the_page() {
    let page = page_of(|| {
        gauge!("target.info").set(7);
        gauge!("waits").set(7);
        histogram!("waits").record(1);
        histogram!("calls").record(1);
        gauge!("calls.count").set(7);
    });
    assert_eq!(value(&page, "target_info").unwrap(), "1");
    assert_eq!(value(&page, "waits").unwrap(), "7");
    assert_eq!(value(&page, "waits_count"), None);
    assert_eq!(page.matches("calls_count").count(), 1);
}

#[test]
fn a_resource_of_nothing_has_no_target_info() {
    let prometheus = Prometheus::builder()
        .resource(Resource::new())
        .build()
        .unwrap();
    assert_eq!(prometheus.page().render(), "");
}

/// SharedStr that is likely to break an escape.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![r#"[\\"n\n\r{}=, a]{0,8}"#, any::<String>()]
}

proptest! {
    // The place it would keep failures in is guessed from where `lib.rs` is.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn label_values_come_back_as_they_were(text in hostile()) {
        let page = page_of(|| {
            counter!("c", "l" => text.clone()).increment(1);
            gauge!("g", "l" => text.clone()).set(1);
            histogram!("h", "l" => text.clone()).record(1);
        });
        for name in ["c_total", "g", "h_sum", "h_count", "h_bucket"] {
            let samples = samples(&page);
            let sample = samples.iter().find(|it| it.name == name).unwrap();
            prop_assert_eq!(label(sample, "l"), Some(&*text), "{}", name);
        }
    }

    #[test]
    fn no_name_makes_a_page_that_parsers_refuse(
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
        let page = prometheus.page();
        for page in [page.render(), page.render_open_metrics()] {
            // `samples` panics on what is not in the format; without exemplars a line is the same
            // in both.
            let mut seen: Vec<_> = samples(&page).into_iter().map(|it| (it.name, it.labels)).collect();
            let all = seen.len();
            seen.sort();
            seen.dedup();
            prop_assert_eq!(seen.len(), all, "a series twice in {}", page);
            let mut families: Vec<_> = page.lines().filter(|it| it.starts_with("# TYPE ")).collect();
            let all = families.len();
            families.dedup_by(|a, b| a.split(' ').nth(2) == b.split(' ').nth(2));
            prop_assert_eq!(families.len(), all, "a family twice in {}", page);
        }
    }
}

fn key_of(labels: &[(String, String)]) -> String {
    labels[0].0.clone()
}
