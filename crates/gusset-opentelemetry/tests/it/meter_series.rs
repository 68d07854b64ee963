//! The series, names and descriptions of a `MeterRecorder`.

use gusset_testkit::EventRecorder;
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};
use opentelemetry::KeyValue;

use crate::meter_support::*;

/// Returns what the crate logs meanwhile. The SDK logs under other targets.
fn warnings(run: impl FnOnce()) -> Vec<String> {
    let events = EventRecorder::new(tracing::Level::WARN);
    events.record(run);
    let mut lines = events.lines();
    lines.retain(|line| line.starts_with("WARN gusset::opentelemetry "));
    lines
}

#[test]
fn description_may_come_before_or_after_the_registration() {
    let sdk = Sdk::new();
    with_local_recorder(&sdk.recorder(), || {
        describe_histogram!("before", Unit::Seconds, "Before.");
        let before = histogram!("before");
        let after = histogram!("after");
        describe_histogram!("after", Unit::Bytes, "After.");
        // The first description applies.
        describe_histogram!("after", Unit::Seconds, "Again.");
        before.record(0.1);
        after.record(0.1);
    });
    let all = sdk.export();
    let [before, after] = [&all["before"], &all["after"]];
    assert_eq!((&*before.unit, &*before.description), ("s", "Before."));
    assert_eq!(before.bounds[0], 0.005);
    assert_eq!((&*after.unit, &*after.description), ("By", "After."));
    assert_eq!(after.bounds[..2], [0.0, 64.0]);
}

#[test]
fn description_after_the_first_value_is_reported() {
    let sdk = Sdk::new();
    let warnings = warnings(|| {
        with_local_recorder(&sdk.recorder(), || {
            counter!("jobs").increment(1);
            describe_counter!("jobs", Unit::Bytes, "Jobs.");
            describe_counter!("jobs", Unit::Bytes, "Jobs.");
            counter!("jobs").increment(1);
        });
    });
    let (_, jobs) = sdk.only();
    assert_eq!((&*jobs.unit, &*jobs.description), ("", ""));
    assert_eq!(jobs.points[0].value, 2.0);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("described after"), "{warnings:?}");
}

#[test]
fn units_are_in_ucum() {
    let sdk = Sdk::new();
    with_local_recorder(&sdk.recorder(), || {
        describe_gauge!("load", Unit::Percent, "Load.");
        gauge!("load").set(1.0);
        describe_counter!("jobs", Unit::Count, "Jobs.");
        counter!("jobs").increment(1);
        describe_histogram!("waits", Unit::Milliseconds, "Waits.");
        histogram!("waits").record(1.0);
        histogram!("old_seconds").record(1.0);
        histogram!("items").record(1.0);
    });
    let all = sdk.export();
    assert_eq!(all["load"].unit, "%");
    assert_eq!(all["jobs"].unit, "");
    assert_eq!((&*all["waits"].unit, all["waits"].bounds[1]), ("ms", 5.0));
    assert_eq!(all["old_seconds"].bounds[0], 0.005);
    assert_eq!(all["items"].bounds[..2], [0.0, 5.0]);
}

#[test]
fn labels_in_any_order_are_one_series() {
    let sdk = Sdk::new();
    with_local_recorder(&sdk.recorder(), || {
        gauge!("running", "a" => "1", "b" => "2").increment(5.0);
        gauge!("running", "b" => "2", "a" => "1").set(7.0);
        gauge!("running", "a" => "x").increment(1.0);
    });
    let (_, running) = sdk.only();
    let both = [KeyValue::new("a", "1"), KeyValue::new("b", "2")];
    assert_eq!(running.points.len(), 2, "{running:?}");
    assert_eq!(running.value(&both), 7.0);
}

#[test]
fn names_that_opentelemetry_refuses_are_changed() {
    let sdk = Sdk::new();
    with_local_recorder(&sdk.recorder(), || {
        counter!("jobs done").increment(1);
        gauge!("5xx").set(1.0);
        histogram!("größe").record(1.0);
        counter!("").increment(1);
    });
    let names: Vec<String> = sdk.export().into_keys().collect();
    assert_eq!(names, ["gr__e", "jobs_done", "m_", "m_5xx"]);
}

#[test]
fn series_over_the_limit_share_one() {
    let sdk = Sdk::new();
    let warnings = warnings(|| {
        with_local_recorder(&sdk.recorder(), || {
            for id in 0..2100 {
                counter!("jobs", "id" => id.to_string()).absolute(3);
            }
            counter!("jobs", "id" => "7").increment(1);
        });
    });
    let (_, jobs) = sdk.only();
    assert!(jobs.points.len() <= 2001, "{}", jobs.points.len());
    assert_eq!(jobs.value(&[KeyValue::new("id", "7")]), 4.0);
    // Of equal absolute values only one counts.
    assert_eq!(
        jobs.value(&[KeyValue::new("otel.metric.overflow", true)]),
        3.0
    );
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn names_over_the_limit_are_dropped() {
    let sdk = Sdk::new();
    let warnings = warnings(|| {
        with_local_recorder(&sdk.recorder(), || {
            for id in 0..2100 {
                histogram!(format!("waits.{id}")).record(1.0);
            }
        });
    });
    assert_eq!(sdk.export().len(), 2000);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn values_that_are_not_finite_are_ignored() {
    let sdk = Sdk::new();
    with_local_recorder(&sdk.recorder(), || {
        for value in [1.0, f64::NAN, f64::INFINITY] {
            gauge!("running").increment(value);
            histogram!("waits").record(value);
        }
        gauge!("running").set(f64::NAN);
        gauge!("running").decrement(f64::NEG_INFINITY);
    });
    let all = sdk.export();
    assert_eq!(all["running"].points[0].value, 1.0);
    assert_eq!(all["waits"].points[0].value, 1.0);
}

#[test]
fn records_of_many_threads_are_all_counted() {
    let sdk = Sdk::new();
    let recorder = sdk.recorder();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let recorder = &recorder;
            scope.spawn(move || {
                with_local_recorder(recorder, || {
                    for at in 0..1000 {
                        counter!("jobs").increment(1);
                        gauge!("running").increment(3.0);
                        gauge!("running").decrement(2.0);
                        gauge!("set").set(f64::from(thread * 1000 + at));
                        histogram!("waits").record(1.0);
                    }
                });
            });
        }
    });
    let all = sdk.export();
    let value = |name: &str| all[name].points[0].value;
    assert_eq!(value("jobs"), 4000.0);
    assert_eq!(value("running"), 4000.0);
    assert_eq!(value("waits"), 4000.0);
    // The last value of one of the threads.
    assert!([999.0, 1999.0, 2999.0, 3999.0].contains(&value("set")));
}
