//! Straight lines through series.

use std::time::Duration;

use gusset_history::Trend;
use proptest::prelude::*;

use crate::support::{Readings, assert_close, secs, temperature};

#[test]
fn straight_growth_reaches_its_limit_in_time() {
    let values: Vec<_> = (0..=60).map(|i| 1000.0 + 5.0 * f64::from(i)).collect();
    let readings = Readings::every_10_s(&values, temperature);
    let trend = readings
        .select("temperature", 600, 600)
        .unwrap()
        .trend()
        .unwrap();
    assert_close(trend.per_second(), 0.5);
    assert_close(trend.r_squared(), 1.0);
    assert_close(trend.at_end(), 1300.0);
    assert_eq!(trend.time_to(1600.0), Some(secs(600)));
    // 61 readings, of which the first is at the start of the window and not in it.
    assert_eq!((trend.points(), trend.covered()), (60, secs(590)));
}

#[test]
fn limit_in_the_other_direction_is_not_reached() {
    let values: Vec<_> = (0..10).map(|i| 100.0 - f64::from(i)).collect();
    let readings = Readings::every_10_s(&values, temperature);
    let trend = readings
        .select("temperature", 90, 600)
        .unwrap()
        .trend()
        .unwrap();
    assert_eq!(trend.time_to(200.0), None);
    assert!(trend.time_to(0.0).unwrap() > secs(900));
}

#[test]
fn limit_that_was_passed_is_reached_at_once() {
    let values: Vec<_> = (0..10).map(f64::from).collect();
    let readings = Readings::every_10_s(&values, temperature);
    let trend = readings
        .select("temperature", 90, 600)
        .unwrap()
        .trend()
        .unwrap();
    assert_eq!(trend.time_to(5.0), Some(Duration::ZERO));
}

#[test]
fn constant_series_has_no_slope() {
    let readings = Readings::every_10_s(&[5.0; 10], temperature);
    let trend = readings
        .select("temperature", 90, 600)
        .unwrap()
        .trend()
        .unwrap();
    assert_close(trend.per_second(), 0.0);
    assert_eq!(trend.time_to(10.0), None);
    assert_close(trend.r_squared(), 1.0);
}

#[test]
fn two_points_are_not_a_trend() {
    let readings = Readings::every_10_s(&[1.0, 2.0], temperature);
    assert_eq!(
        readings.select("temperature", 10, 600).unwrap().trend(),
        None
    );
    assert_eq!(Trend::fit([]), None);
}

proptest! {
    #[test]
    fn no_other_line_fits_better(values in prop::collection::vec(-1e6..1e6, 3..60), slope in -1e3..1e3, offset in -1e3..1e3) {
        let start = gusset_core::Clock::system().now();
        let at = |i: usize| start + secs(10 * i as u64);
        let trend = Trend::fit(values.iter().enumerate().map(|(i, v)| (at(i), *v))).unwrap();
        let end = 10.0 * (values.len() - 1) as f64;
        let error = |per_second: f64, at_end: f64| -> f64 {
            let errors = values.iter().enumerate();
            errors.map(|(i, value)| (at_end - per_second * (end - 10.0 * i as f64) - value).powi(2)).sum()
        };
        let best = error(trend.per_second(), trend.at_end());
        let other = error(trend.per_second() + slope, trend.at_end() + offset);
        prop_assert!(best <= other * (1.0 + 1e-9) + 1e-3);
        prop_assert!((0.0..=1.0).contains(&trend.r_squared()));
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let total = error(0.0, mean);
        prop_assert!((trend.r_squared() - (1.0 - best / total)).abs() < 1e-6);
    }
}
