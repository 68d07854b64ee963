//! Memory is bounded, in bytes, and what does not fit is counted.

use std::cell::Cell;
use std::sync::Arc;

use gusset_data::{Labels, Metric, NumberDataPoint};
use gusset_history::{History, Selector, Window};
use proptest::prelude::*;

use crate::support::{Readings, counter, histogram, jobs, labels, number, secs};

fn with_memory(bytes: usize) -> Readings {
    Readings::with(History::builder().memory_limit(bytes).build().unwrap())
}

/// Returns labels that the producer keeps, as a registry does.
fn shared_labels(series: usize) -> Vec<Labels> {
    let name = |at| format!("series-{at:06}");
    (0..series)
        .map(|at| labels(&[("name", &name(at))]))
        .collect()
}

fn points(labels: &[Labels], value: impl Fn(usize) -> f64) -> Vec<NumberDataPoint> {
    let point = |(at, labels): (usize, &Labels)| NumberDataPoint {
        labels: labels.clone(),
        ..number(&[], 0, value(at))
    };
    labels.iter().enumerate().map(point).collect()
}

/// Takes an hour of readings of counters that all grow by another number each time.
fn busy_hour(readings: &Readings, series: usize) {
    let labels = shared_labels(series);
    let values: Vec<_> = (0..series).map(|_| Cell::new(0.0)).collect();
    for reading in 0..360_u64 {
        let value = |at: usize| {
            let more = (at as u64 * 7 + reading * 13) % 120;
            values[at].set(values[at].get() + more as f64);
            values[at].get()
        };
        readings.record(10 * reading, vec![counter("jobs", points(&labels, value))]);
    }
}

#[test]
fn hour_of_a_usual_service_fits_into_the_default() {
    let readings = Readings::new();
    busy_hour(&readings, 3000);
    let usage = readings.history.usage();
    assert_eq!((usage.series, usage.readings), (3000, 360));
    assert_eq!((usage.dropped_readings, usage.dropped_points), (0, 0));
    assert!(usage.bytes < 4 << 20, "{} bytes", usage.bytes);
}

#[test]
fn oldest_readings_are_dropped_when_the_memory_is_full() {
    let readings = with_memory(512 * 1024);
    busy_hour(&readings, 1000);
    let usage = readings.history.usage();
    assert!(usage.bytes <= 512 * 1024, "{} bytes", usage.bytes);
    assert_eq!(usage.dropped_readings as usize + usage.readings, 360);
    assert!(usage.readings > 60, "{} readings", usage.readings);
    assert_eq!((usage.series, usage.dropped_points), (1000, 0));
    // What is left is as it was.
    let selected = readings.select("jobs", 3590, 300).unwrap();
    let one = selected.series()[3].increase().unwrap();
    let expected: u64 = (330..360).map(|reading| (3 * 7 + reading * 13) % 120).sum();
    assert_eq!(one, expected as f64);
}

#[test]
fn further_series_are_dropped_when_half_of_the_memory_is_theirs() {
    let readings = with_memory(64 * 1024);
    let labels = shared_labels(1000);
    for reading in 0..10 {
        let metric = counter("jobs", points(&labels, |_| reading as f64));
        readings.record(10 * reading, vec![metric]);
    }
    let usage = readings.history.usage();
    assert!(
        usage.series > 100 && usage.series < 500,
        "{} series",
        usage.series
    );
    assert_eq!(usage.dropped_points as usize, 10 * (1000 - usage.series));
    assert_eq!((usage.readings, usage.dropped_readings), (10, 0));
    assert!(usage.bytes <= 64 * 1024);
}

#[test]
fn series_that_fits_later_has_not_just_begun() {
    let readings = with_memory(64 * 1024);
    let many = shared_labels(1000);
    let metric = || counter("jobs", points(&many, |_| 500.0));
    readings.record(0, vec![metric()]);
    // The others end, so that the last one fits.
    let last = &many[999..];
    for reading in 1..=400 {
        let value = if reading < 400 { 500.0 } else { 501.0 };
        readings.record(10 * reading, vec![counter("jobs", points(last, |_| value))]);
    }
    let selected = readings.select("jobs", 4000, 3000).unwrap();
    assert_eq!(selected.series().len(), 1);
    assert_eq!(selected.increase(), Some(1.0), "the 500 were before");
}

#[test]
fn series_that_ended_is_forgotten_after_the_retention() {
    let readings = Readings::with(History::builder().retention(secs(100)).build().unwrap());
    let labels = shared_labels(50);
    readings.record(0, vec![counter("jobs", points(&labels, |_| 1.0))]);
    for reading in 1..=20 {
        readings.record(10 * reading, vec![jobs(reading as f64)]);
    }
    let usage = readings.history.usage();
    assert_eq!(usage.series, 1);
    // One more than the retention, where the increase begins.
    assert_eq!(usage.readings, 11);
    assert_eq!((usage.covered, usage.dropped_readings), (secs(100), 0));
}

#[test]
fn labels_count_if_only_the_history_has_them() {
    let bytes = |keep: bool| {
        let readings = Readings::new();
        let labels = labels(&[("name", &"x".repeat(10_000))]);
        let kept = keep.then(|| labels.clone());
        let point = NumberDataPoint {
            labels,
            ..number(&[], 0, 1.0)
        };
        readings.record(0, vec![counter("jobs", vec![point])]);
        let bytes = readings.history.usage().bytes;
        drop(kept);
        bytes
    };
    assert!(bytes(false) > 10_000 + bytes(true));
}

#[test]
fn unchanged_series_take_no_memory_for_a_reading() {
    let labels = shared_labels(1000);
    let bytes = |readings: u64| {
        let history = Readings::new();
        for reading in 0..readings {
            history.record(
                10 * reading,
                vec![counter("jobs", points(&labels, |at| at as f64))],
            );
        }
        history.history.usage().bytes
    };
    let (short, long) = (bytes(2), bytes(60));
    // A run of readings is one byte, and the smallest block has eight.
    assert!(long <= short + 2000, "{short} {long}");
}

#[test]
fn memory_is_what_the_allocator_gave() {
    let labels = shared_labels(500);
    let history = History::builder().build().unwrap();
    let readings = Readings::with(history);
    let used = allocation_counter::measure(|| {
        for reading in 0..100 {
            let metric = counter("jobs", points(&labels, |at| (at * reading) as f64));
            readings.record(10 * reading as u64, vec![metric]);
        }
    });
    let (counted, actual) = (
        readings.history.usage().bytes as f64,
        used.bytes_current as f64,
    );
    assert!(
        actual > 0.0 && counted >= 0.9 * actual,
        "{counted} of {actual}"
    );
}

fn metrics() -> impl Strategy<Value = Vec<Metric>> {
    let numbers = prop::collection::vec((0_usize..400, any::<f64>()), 0..100);
    let counts = prop::collection::vec(any::<u32>(), 5);
    (numbers, counts).prop_map(|(numbers, counts)| {
        let point =
            |(at, value): (usize, f64)| number(&[("name", &format!("series-{at:030}"))], 0, value);
        let counts: Vec<_> = counts.into_iter().map(u64::from).collect();
        vec![
            counter("numbers", numbers.into_iter().map(point).collect()),
            histogram("counts", &[1.0, 2.0, 3.0, 4.0], &counts, 1.0),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn limit_is_never_exceeded(readings in prop::collection::vec(metrics(), 1..60)) {
        let history = with_memory(16 * 1024);
        for (at, metrics) in readings.into_iter().enumerate() {
            history.record(10 * at as u64, metrics);
            let usage = history.history.usage();
            prop_assert!(usage.bytes <= 16 * 1024, "{usage:?}");
        }
    }
}

#[test]
fn selection_is_the_same_from_several_threads() {
    let readings = Arc::new(Readings::new());
    busy_hour(&readings, 10);
    let expected = readings.select("jobs", 3590, 600).unwrap().increase();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let readings = readings.clone();
            scope.spawn(move || {
                let window = Window::new(readings.start + secs(3590), secs(600));
                let selected = readings.history.select(&Selector::new("jobs"), window);
                assert_eq!(selected.unwrap().increase(), expected);
            });
        }
    });
}
