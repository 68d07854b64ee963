//! Conversion of cumulative data points to deltas, for receivers that prefer delta temporality.

use std::collections::HashMap;
use std::time::SystemTime;

use gusset_data::{
    ExponentialBuckets, ExponentialHistogramDataPoint, HistogramDataPoint, Labels, Metric,
    MetricData, NumberDataPoint, SharedStr,
};

/// The last exported values of each series.
///
/// A delta whose export failed is part of the next delta. Only the series of the last collection are
/// kept, which bounds the memory.
#[derive(Debug, Default)]
pub(crate) struct DeltaState {
    exported: HashMap<(SharedStr, Labels), LastPoint>,
    /// The values that replace `exported` if the current export succeeds.
    in_flight: HashMap<(SharedStr, Labels), LastPoint>,
}

#[derive(Clone, Debug)]
struct LastPoint {
    /// The start time of the series. A series that was recreated has a later one.
    start: SystemTime,
    time: SystemTime,
    numbers: Numbers,
}

#[derive(Clone, Debug)]
enum Numbers {
    Counter(f64),
    Histogram {
        counts: Vec<u64>,
        sum: Option<f64>,
    },
    Exponential {
        buckets: ExponentialBuckets,
        sum: Option<f64>,
    },
}

// === impl LastPoint ===

impl LastPoint {
    fn new(start: SystemTime, time: SystemTime, numbers: Numbers) -> Self {
        Self {
            start,
            time,
            numbers,
        }
    }
}

// === impl DeltaState ===

impl DeltaState {
    /// Converts counters and histograms, collected at `time`, to deltas since the last export.
    pub(crate) fn apply(&mut self, metrics: &mut [Metric], time: SystemTime) {
        let Self {
            exported,
            in_flight,
        } = self;
        in_flight.clear();
        for Metric { name, data, .. } in metrics {
            match data {
                MetricData::Counter(points) => {
                    for point in points {
                        let key = (name.clone(), point.labels.clone());
                        let numbers = Numbers::Counter(point.value);
                        let last_point = LastPoint::new(point.start, time, numbers);
                        counter(point, exported.get(&key));
                        in_flight.insert(key, last_point);
                    }
                }
                MetricData::Histogram(points) => {
                    for point in points {
                        let key = (name.clone(), point.labels.clone());
                        let numbers = Numbers::Histogram {
                            counts: point.counts.clone(),
                            sum: point.sum,
                        };
                        let last_point = LastPoint::new(point.start, time, numbers);
                        histogram(point, exported.get(&key));
                        in_flight.insert(key, last_point);
                    }
                }
                MetricData::ExponentialHistogram(points) => {
                    for point in points {
                        let key = (name.clone(), point.labels.clone());
                        let numbers = Numbers::Exponential {
                            buckets: point.buckets.clone(),
                            sum: point.sum,
                        };
                        let last_point = LastPoint::new(point.start, time, numbers);
                        exponential(point, exported.get(&key));
                        in_flight.insert(key, last_point);
                    }
                }
                _ => {}
            }
        }
    }

    /// Confirms that the last collection was exported.
    pub(crate) fn confirm(&mut self) {
        self.exported = std::mem::take(&mut self.in_flight);
    }
}

fn counter(point: &mut NumberDataPoint, last: Option<&LastPoint>) {
    let Some(last) = last.filter(|last| last.start == point.start) else {
        return;
    };
    // A smaller value means that the counter was reset, so that the whole value is new.
    match last.numbers {
        Numbers::Counter(value) if value <= point.value => {
            point.value -= value;
            point.start = last.time;
        }
        _ => {}
    }
}

fn histogram(point: &mut HistogramDataPoint, last: Option<&LastPoint>) {
    let Some(last) = last.filter(|last| last.start == point.start) else {
        return;
    };
    let Numbers::Histogram { counts, sum } = &last.numbers else {
        return;
    };
    let is_monotonic = counts.len() == point.counts.len()
        && counts
            .iter()
            .zip(&point.counts)
            .all(|(last, now)| last <= now);
    if !is_monotonic {
        return;
    }
    for (now, last) in point.counts.iter_mut().zip(counts) {
        *now -= last;
    }
    point.sum = point.sum.zip(*sum).map(|(now, last)| now - last);
    point.start = last.time;
    point
        .exemplars
        .retain(|exemplar| exemplar.time >= last.time);
}

/// Subtracts the last values. The scale may be less than theirs, which is not a reset.
fn exponential(point: &mut ExponentialHistogramDataPoint, last: Option<&LastPoint>) {
    let Some(last) = last.filter(|last| last.start == point.start) else {
        return;
    };
    let Numbers::Exponential { buckets, sum } = &last.numbers else {
        return;
    };
    let Some(added) = point.buckets.since(buckets) else {
        return;
    };
    point.buckets = added;
    point.sum = point.sum.zip(*sum).map(|(now, last)| now - last);
    // Those of the interval are not known.
    (point.min, point.max) = (None, None);
    point.start = last.time;
    point
        .exemplars
        .retain(|exemplar| exemplar.time >= last.time);
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use gusset_data::BucketCounts;
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn collection(value: f64, counts: Vec<u64>) -> Vec<Metric> {
        let labels = Labels::from([("a".into(), "b".into())]);
        let metric = |name: &'static str, data| Metric {
            name: name.into(),
            unit: "".into(),
            description: "".into(),
            data,
        };
        vec![
            metric(
                "counter",
                MetricData::Counter(vec![NumberDataPoint {
                    labels: labels.clone(),
                    start: at(1),
                    value,
                }]),
            ),
            metric(
                "histogram",
                MetricData::Histogram(vec![HistogramDataPoint {
                    labels,
                    start: at(1),
                    bounds: vec![1.0; counts.len() - 1].into(),
                    sum: Some(counts.iter().sum::<u64>() as f64),
                    counts,
                    exemplars: Vec::new(),
                }]),
            ),
        ]
    }

    fn points(metrics: &[Metric]) -> (f64, SystemTime, Vec<u64>) {
        let [a, b] = metrics else { panic!() };
        let (MetricData::Counter(a), MetricData::Histogram(b)) = (&a.data, &b.data) else {
            panic!()
        };
        assert_eq!(Some(b[0].counts.iter().sum::<u64>() as f64), b[0].sum);
        (a[0].value, a[0].start, b[0].counts.clone())
    }

    #[test]
    fn failed_delta_is_part_of_the_next() {
        let mut delta = DeltaState::default();
        let mut export = |value, count, time, succeeds| {
            let mut metrics = collection(value, vec![count, 0]);
            delta.apply(&mut metrics, at(time));
            if succeeds {
                delta.confirm();
            }
            points(&metrics)
        };
        assert_eq!(export(5.0, 1, 10, true), (5.0, at(1), vec![1, 0]));
        assert_eq!(export(7.0, 2, 20, false), (2.0, at(10), vec![1, 0]));
        assert_eq!(export(8.0, 4, 30, true), (3.0, at(10), vec![3, 0]));
        assert_eq!(export(8.0, 4, 40, true), (0.0, at(30), vec![0, 0]));
    }

    #[test]
    fn reset_series_is_exported_entirely() {
        let mut delta = DeltaState::default();
        let mut first = collection(5.0, vec![3, 3]);
        delta.apply(&mut first, at(10));
        delta.confirm();
        let mut second = collection(2.0, vec![1, 0]);
        delta.apply(&mut second, at(20));
        assert_eq!(points(&second), (2.0, at(1), vec![1, 0]));
    }

    fn exponential_collection(scale: i32, offset: i32, counts: &[u64]) -> Vec<Metric> {
        let mut buckets = ExponentialBuckets::new(scale, 0.0);
        buckets.positive = BucketCounts {
            offset,
            counts: counts.to_vec(),
        };
        vec![Metric {
            name: "exponential".into(),
            unit: "".into(),
            description: "".into(),
            data: MetricData::ExponentialHistogram(vec![ExponentialHistogramDataPoint {
                labels: Labels::from([]),
                start: at(1),
                sum: Some(buckets.count() as f64),
                buckets,
                min: Some(0.5),
                max: Some(2.0),
                exemplars: Vec::new(),
            }]),
        }]
    }

    #[test]
    fn lesser_scale_is_no_reset() {
        let mut delta = DeltaState::default();
        let mut export = |scale, offset, counts: &[u64], time| {
            let mut metrics = exponential_collection(scale, offset, counts);
            delta.apply(&mut metrics, at(time));
            delta.confirm();
            match metrics.remove(0).data {
                MetricData::ExponentialHistogram(mut points) => points.remove(0),
                _ => panic!(),
            }
        };
        let first = export(1, -1, &[3, 1, 2], 10);
        assert_eq!(
            (first.start, first.sum, first.min),
            (at(1), Some(6.0), Some(0.5))
        );
        // At scale 0 the first was `[3, 3]`.
        let second = export(0, -1, &[4, 3, 7], 20);
        assert_eq!(second.start, at(10));
        assert_eq!(second.buckets.scale, 0);
        assert_eq!(second.buckets.positive.counts, [1, 0, 7]);
        assert_eq!(
            (second.sum, second.min, second.max),
            (Some(8.0), None, None)
        );
        // A greater scale, or fewer values: another histogram.
        let third = export(1, 0, &[9], 30);
        assert_eq!((third.start, third.buckets.count()), (at(1), 9));
        let fourth = export(1, 0, &[8], 40);
        assert_eq!((fourth.start, fourth.buckets.count()), (at(1), 8));
    }

    proptest! {
        #[test]
        fn exported_deltas_add_up_to_the_total(
            steps in proptest::collection::vec((0_u32..100, any::<bool>()), 1..50),
        ) {
            let mut delta = DeltaState::default();
            let (mut total, mut exported) = (0, 0.0);
            for (step, (more, succeeds)) in steps.into_iter().enumerate() {
                total += more;
                let mut metrics = collection(total.into(), vec![total.into(), 0]);
                delta.apply(&mut metrics, at(10 + step as u64));
                if succeeds {
                    delta.confirm();
                    exported += points(&metrics).0;
                    prop_assert_eq!(exported, f64::from(total));
                }
            }
        }
    }
}
