//! Counters that restart, wrap, and begin.

use crate::support::{Readings, counter, gauge, histogram, jobs, number};

#[test]
fn restarted_counter_counts_from_zero() {
    // 10 were added, then it restarted and added 4 and 3.
    let readings = Readings::every_10_s(&[100.0, 110.0, 4.0, 7.0], jobs);
    let selected = readings.select("jobs", 30, 60).unwrap();
    assert_eq!(selected.increase(), Some(17.0));
    assert_eq!(selected.series()[0].restarts(), 1);
}

#[test]
fn new_start_is_a_restart_although_the_value_is_greater() {
    let readings = Readings::new();
    for (second, start, value) in [(0, 1, 5.0), (10, 1, 6.0), (20, 2, 50.0)] {
        readings.record(
            second,
            vec![counter("jobs", vec![number(&[], start, value)])],
        );
    }
    let selected = readings.select("jobs", 20, 60).unwrap();
    assert_eq!(selected.increase(), Some(51.0));
    assert_eq!(selected.series()[0].restarts(), 1);
}

#[test]
fn counter_of_32_or_64_bits_wraps() {
    for bits in [32, 64] {
        let range = f64::from(bits).exp2();
        let step = range / 1024.0;
        let readings =
            Readings::every_10_s(&[range - 2.0 * step, range - step, step, 2.0 * step], jobs);
        let selected = readings.select("jobs", 30, 60).unwrap();
        assert_eq!(selected.increase(), Some(4.0 * step), "{bits} bits");
        assert_eq!(selected.series()[0].restarts(), 0);
    }
}

#[test]
fn counter_that_falls_elsewhere_has_not_wrapped() {
    let half = 31_f64.exp2();
    let readings = Readings::every_10_s(&[half, half + 5.0, 100.0], jobs);
    assert_eq!(
        readings.select("jobs", 20, 60).unwrap().increase(),
        Some(105.0)
    );
}

#[test]
fn gauge_that_falls_has_not_restarted() {
    let value = |value| gauge("temperature", vec![number(&[], 0, value)]);
    let readings = Readings::every_10_s(&[30.0, 10.0, 20.0], value);
    let selected = readings.select("temperature", 20, 60).unwrap();
    assert_eq!(selected.series()[0].restarts(), 0);
    assert_eq!((selected.increase(), selected.rate()), (None, None));
    assert_eq!((selected.min(), selected.max()), (Some(10.0), Some(30.0)));
    assert_eq!(selected.mean(), Some(20.0));
}

#[test]
fn restarted_histogram_counts_from_zero() {
    let readings = Readings::new();
    for (second, counts, sum) in [
        (0, [5, 5, 0], 9.0),
        (10, [6, 5, 0], 9.5),
        (20, [0, 2, 1], 7.0),
    ] {
        readings.record(
            second,
            vec![histogram("duration", &[1.0, 2.0], &counts, sum)],
        );
    }
    let selected = readings.select("duration", 20, 60).unwrap();
    assert_eq!(selected.increase(), Some(4.0));
    assert_eq!(selected.distribution().unwrap().sum(), Some(7.5));
}

#[test]
fn series_that_begins_has_added_its_first_value() {
    let readings = Readings::new();
    readings.record(
        0,
        vec![counter("jobs", vec![number(&[("kind", "a")], 0, 100.0)])],
    );
    let both = |a, b| {
        vec![
            number(&[("kind", "a")], 0, a),
            number(&[("kind", "b")], 9, b),
        ]
    };
    readings.record(10, vec![counter("jobs", both(100.0, 3.0))]);
    readings.record(20, vec![counter("jobs", both(101.0, 3.0))]);
    // The hundred before the first reading are not an increase.
    assert_eq!(
        readings.select("jobs", 20, 60).unwrap().increase(),
        Some(4.0)
    );
    assert_eq!(
        readings.select("jobs", 20, 10).unwrap().increase(),
        Some(1.0)
    );
}

#[test]
fn series_that_returns_has_added_the_difference() {
    let readings = Readings::new();
    for (second, value) in [(0, Some(5.0)), (10, None), (20, Some(9.0))] {
        let points = value.map(|value| number(&[], 0, value));
        readings.record(second, vec![counter("jobs", points.into_iter().collect())]);
    }
    assert_eq!(
        readings.select("jobs", 20, 60).unwrap().increase(),
        Some(4.0)
    );
}

#[test]
fn metric_of_another_kind_begins_anew() {
    let readings = Readings::every_10_s(&[1.0, 2.0], jobs);
    readings.record(20, vec![histogram("jobs", &[1.0], &[1, 0], 0.5)]);
    readings.record(30, vec![histogram("jobs", &[1.0], &[2, 0], 1.0)]);
    let selected = readings.select("jobs", 30, 60).unwrap();
    assert_eq!(selected.kind(), gusset_data::InstrumentKind::Histogram);
    assert_eq!(selected.increase(), Some(1.0));
}
