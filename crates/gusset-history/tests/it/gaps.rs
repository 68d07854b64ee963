//! What is missing is a gap, and not a value.

use crate::support::{INTERVAL, Readings, counter, gauge, jobs, number, secs, temperature};

#[test]
fn absent_series_is_a_gap() {
    let readings = Readings::new();
    for (second, value) in [(0, Some(1.0)), (10, None), (20, Some(3.0)), (30, None)] {
        let points = value.map(|value| number(&[], 0, value));
        readings.record(
            second,
            vec![gauge("temperature", points.into_iter().collect())],
        );
    }
    let selected = readings.select("temperature", 30, 60).unwrap();
    let values: Vec<_> = selected
        .values()
        .into_iter()
        .map(|(_, value)| value)
        .collect();
    assert_eq!(values, [Some(1.0), None, Some(3.0), None]);
    assert_eq!(selected.series()[0].gaps(), 2);
    // It is not there now, so it has no last value.
    assert_eq!(selected.last(), None);
    assert_eq!(selected.mean(), Some(2.0));
    assert_eq!(
        readings
            .select("temperature", 30, 10)
            .map(|it| it.series().len()),
        None
    );
}

#[test]
fn number_that_is_none_is_a_gap() {
    let readings = Readings::every_10_s(&[1.0, f64::NAN, 3.0], temperature);
    let selected = readings.select("temperature", 20, 60).unwrap();
    assert_eq!(selected.series()[0].gaps(), 1);
    assert_eq!(selected.mean(), Some(2.0));
}

#[test]
fn late_reading_is_a_gap_that_is_not_covered() {
    let readings = Readings::new();
    for second in [0, 10, 20, 70, 80] {
        readings.record(second, vec![jobs(second as f64)]);
    }
    let selected = readings.select("jobs", 80, 130).unwrap();
    let gaps = selected.gaps();
    assert_eq!(gaps.len(), 2);
    let (start, late) = (gaps[0], gaps[1]);
    assert_eq!(late.from - readings.start, secs(20));
    assert_eq!(late.to - readings.start, secs(70));
    // The window begins before the history.
    assert_eq!(start.to, readings.start);
    assert_eq!(selected.covered(), secs(30));
    // What was added meanwhile is known all the same, and so is the rate.
    assert_eq!(selected.increase(), Some(80.0));
    assert_eq!(selected.rate(), Some(1.0));
    let rates: Vec<_> = selected.rates().into_iter().map(|(_, rate)| rate).collect();
    assert_eq!(rates, [None, Some(1.0), Some(1.0), None, Some(1.0)]);
    assert_eq!(readings.history.usage().late_readings, 1);
}

#[test]
fn increase_does_not_begin_before_a_gap() {
    let readings = Readings::new();
    for (second, value) in [(0, 0.0), (600, 500.0), (610, 501.0), (620, 502.0)] {
        readings.record(second, vec![jobs(value)]);
    }
    // The reading before the window is ten minutes old: when the 500 were added is not known.
    let last_minute = readings.select("jobs", 620, 60).unwrap();
    assert_eq!(last_minute.increase(), Some(2.0));
    assert_eq!(last_minute.rate(), Some(0.1));
    assert_eq!(last_minute.covered(), secs(20));
}

#[test]
fn sampler_that_has_stopped_is_a_gap_at_the_end() {
    let readings = Readings::every_10_s(&[1.0, 2.0, 3.0], jobs);
    let selected = readings.select("jobs", 60, 60).unwrap();
    let gap = selected.gaps().pop().unwrap();
    assert_eq!(gap.from - readings.start, secs(20));
    assert_eq!(gap.to - readings.start, secs(60));
    assert!(readings.select("jobs", 600, 60).is_none());
}

#[test]
fn full_window_has_no_gap() {
    let values: Vec<_> = (0..100).map(f64::from).collect();
    let readings = Readings::every_10_s(&values, jobs);
    let selected = readings.select("jobs", 990, 300).unwrap();
    assert_eq!(selected.gaps(), []);
    assert_eq!(selected.covered(), secs(300));
    assert_eq!(selected.readings().len(), 30);
    assert_eq!(selected.increase(), Some(30.0));
}

#[test]
fn unknown_metric_has_no_selection() {
    let readings = Readings::every_10_s(&[1.0], jobs);
    assert!(readings.select("other", 0, 60).is_none());
    assert!(Readings::new().select("jobs", 0, 60).is_none());
}

#[test]
fn one_reading_has_a_value_and_no_rate() {
    let readings = Readings::every_10_s(&[5.0], jobs);
    let selected = readings.select("jobs", 0, 60).unwrap();
    assert_eq!(selected.last(), Some(5.0));
    assert_eq!((selected.increase(), selected.rate()), (None, None));
    assert_eq!(selected.covered(), secs(0));
}

#[test]
fn time_that_does_not_advance_changes_nothing() {
    let readings = Readings::every_10_s(&[5.0, 6.0], jobs);
    readings.record(10, vec![jobs(100.0)]);
    readings.record(0, vec![jobs(100.0)]);
    assert_eq!(readings.history.usage().readings, 2);
    assert_eq!(readings.select("jobs", 10, 60).unwrap().last(), Some(6.0));
}

#[test]
fn second_point_with_the_same_labels_is_ignored() {
    let readings = Readings::new();
    let twice = vec![number(&[], 0, 1.0), number(&[], 0, 9.0)];
    readings.record(0, vec![counter("jobs", twice), jobs(7.0)]);
    let selected = readings.select("jobs", 0, 60).unwrap();
    assert_eq!(selected.series().len(), 1);
    assert_eq!(selected.last(), Some(1.0));
    assert_eq!(readings.history.interval(), INTERVAL);
}
