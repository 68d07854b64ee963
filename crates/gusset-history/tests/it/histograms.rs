//! Means and quantiles of histograms over a window.

use crate::support::{Readings, assert_close, exponential, histogram};

const BOUNDS: [f64; 4] = [0.1, 0.25, 0.5, 1.0];

fn record(readings: &Readings, steps: &[([u64; 5], f64)]) {
    for (at, (counts, sum)) in steps.iter().enumerate() {
        let metric = histogram("duration", &BOUNDS, counts, *sum);
        readings.record(10 * at as u64, vec![metric]);
    }
}

#[test]
fn quantile_is_of_the_values_in_the_window() {
    let readings = Readings::new();
    record(
        &readings,
        &[
            ([1000, 0, 0, 0, 0], 50.0),
            ([1000, 10, 0, 0, 0], 52.0),
            ([1000, 10, 90, 0, 0], 90.0),
        ],
    );
    let all = readings.select("duration", 20, 60).unwrap();
    // 100 values, of which 10 are up to 0.25 and 90 up to 0.5: the median is the 40th of these 90.
    assert_close(all.quantile(0.5).unwrap(), 0.25 + 0.25 * 40.0 / 90.0);
    assert_close(all.mean().unwrap(), 0.4);
    let last = readings.select("duration", 20, 10).unwrap();
    assert_close(last.quantile(0.0).unwrap(), 0.25);
    assert_close(last.mean().unwrap(), 38.0 / 90.0);
    assert_eq!(last.increase(), Some(90.0));
    assert_close(last.total_sum().unwrap(), 90.0);
}

#[test]
fn quantile_in_the_last_bucket_is_its_lower_boundary() {
    let readings = Readings::new();
    record(&readings, &[([0; 5], 0.0), ([0, 0, 0, 0, 3], 30.0)]);
    let selected = readings.select("duration", 10, 60).unwrap();
    assert_eq!(selected.quantile(0.99), Some(1.0));
}

#[test]
fn no_value_has_no_quantile() {
    let readings = Readings::new();
    record(&readings, &[([3, 0, 0, 0, 0], 0.1), ([3, 0, 0, 0, 0], 0.1)]);
    let selected = readings.select("duration", 10, 60).unwrap();
    assert_eq!(selected.increase(), Some(0.0));
    assert_eq!((selected.quantile(0.5), selected.mean()), (None, None));
}

#[test]
fn values_up_to_a_limit_are_counted() {
    let readings = Readings::new();
    record(&readings, &[([0; 5], 0.0), ([10, 20, 40, 0, 30], 60.0)]);
    let values = readings
        .select("duration", 10, 60)
        .unwrap()
        .distribution()
        .unwrap();
    assert_close(values.at_most(0.25), 30.0);
    assert_close(values.at_most(0.375), 50.0);
    assert_close(values.at_most(1.0), 70.0);
    // How great the values of the last bucket are is not known.
    assert_close(values.at_most(1e9), 70.0);
    assert_close(values.count(), 100.0);
}

#[test]
fn exponential_histogram_has_the_quantiles_of_its_buckets() {
    let readings = Readings::new();
    // Scale 0: (1, 2], (2, 4], (4, 8].
    for (at, counts) in [[5, 0, 0], [5, 10, 0], [5, 10, 10]].iter().enumerate() {
        readings.record(10 * at as u64, vec![exponential("size", 0, 0, counts)]);
    }
    let selected = readings.select("size", 20, 60).unwrap();
    assert_eq!(selected.increase(), Some(20.0));
    assert_close(selected.quantile(0.25).unwrap(), 3.0);
    assert_close(selected.quantile(1.0).unwrap(), 8.0);
    let last = readings.select("size", 20, 10).unwrap();
    assert_close(last.quantile(0.5).unwrap(), 6.0);
}

#[test]
fn scale_that_decreases_is_not_a_restart() {
    let readings = Readings::new();
    // Scale 1: (1, √2], (√2, 2]. Then scale 0: (1, 2], (2, 4].
    readings.record(0, vec![exponential("size", 1, 0, &[1, 1])]);
    readings.record(10, vec![exponential("size", 1, 0, &[2, 3])]);
    readings.record(20, vec![exponential("size", 0, 0, &[6, 4])]);
    let selected = readings.select("size", 20, 60).unwrap();
    assert_eq!(selected.increase(), Some(8.0));
    assert_eq!(selected.series()[0].restarts(), 0);
    assert_close(selected.quantile(0.5).unwrap(), 2.0);
}

#[test]
fn unknown_sum_leaves_the_counts() {
    let readings = Readings::new();
    for (at, counts) in [[0, 0], [4, 4]].iter().enumerate() {
        let mut metric = histogram("change", &[0.0], counts, 0.0);
        if let gusset_data::MetricData::Histogram(points) = &mut metric.data {
            points[0].sum = None;
        }
        readings.record(10 * at as u64, vec![metric]);
    }
    let values = readings
        .select("change", 10, 60)
        .unwrap()
        .distribution()
        .unwrap();
    assert_eq!((values.sum(), values.mean()), (None, None));
    assert_close(values.count(), 8.0);
    // Values up to 0 have no lower boundary.
    assert_eq!(values.quantile(0.1), Some(0.0));
}
