//! Differences to what has arrived before, for receivers that prefer them.

use std::collections::HashMap;
use std::time::SystemTime;

use gusset_data::{HistogramDataPoint, Labels, Metric, MetricData, NumberDataPoint, SharedStr};

/// What has arrived of each series, so that a difference that did not arrive is part of the next one.
/// It knows the series of the last reading and no others, so it is bounded by those.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    arrived: HashMap<(SharedStr, Labels), Last>,
    /// What will have arrived, if this reading does.
    sent: HashMap<(SharedStr, Labels), Last>,
}

#[derive(Clone, Debug)]
struct Last {
    /// When the series began: another series of the same name begins later.
    start: SystemTime,
    time: SystemTime,
    numbers: Numbers,
}

#[derive(Clone, Debug)]
enum Numbers {
    Counter(f64),
    Histogram { counts: Vec<u64>, sum: f64 },
}

// === impl Delta ===

impl Delta {
    /// Makes counters and histograms, read at `time`, differences to what has arrived.
    pub(crate) fn apply(&mut self, metrics: &mut [Metric], time: SystemTime) {
        let Self { arrived, sent } = self;
        sent.clear();
        for Metric { name, data, .. } in metrics {
            match data {
                MetricData::Counter(points) => {
                    for point in points {
                        let key = (name.clone(), point.labels.clone());
                        let (last, start) = (arrived.get(&key), point.start);
                        let numbers = Numbers::Counter(point.value);
                        counter(point, last);
                        sent.insert(
                            key,
                            Last {
                                start,
                                time,
                                numbers,
                            },
                        );
                    }
                }
                MetricData::Histogram(points) => {
                    for point in points {
                        let key = (name.clone(), point.labels.clone());
                        let (last, start) = (arrived.get(&key), point.start);
                        let numbers = Numbers::Histogram {
                            counts: point.counts.clone(),
                            sum: point.sum,
                        };
                        histogram(point, last);
                        sent.insert(
                            key,
                            Last {
                                start,
                                time,
                                numbers,
                            },
                        );
                    }
                }
                _ => {}
            }
        }
    }

    /// The last reading has arrived.
    pub(crate) fn arrived(&mut self) {
        self.arrived = std::mem::take(&mut self.sent);
    }
}

fn counter(point: &mut NumberDataPoint, last: Option<&Last>) {
    let Some(last) = last.filter(|last| last.start == point.start) else {
        return;
    };
    // A number that has become smaller began again: all of it is new.
    match last.numbers {
        Numbers::Counter(value) if value <= point.value => {
            point.value -= value;
            point.start = last.time;
        }
        _ => {}
    }
}

fn histogram(point: &mut HistogramDataPoint, last: Option<&Last>) {
    let Some(last) = last.filter(|last| last.start == point.start) else {
        return;
    };
    let Numbers::Histogram { counts, sum } = &last.numbers else {
        return;
    };
    let grown = counts.len() == point.counts.len()
        && counts
            .iter()
            .zip(&point.counts)
            .all(|(then, now)| then <= now);
    if !grown {
        return;
    }
    for (now, then) in point.counts.iter_mut().zip(counts) {
        *now -= then;
    }
    point.sum -= sum;
    point.start = last.time;
    point
        .exemplars
        .retain(|exemplar| exemplar.time >= last.time);
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn reading(value: f64, counts: Vec<u64>) -> Vec<Metric> {
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
                    sum: counts.iter().sum::<u64>() as f64,
                    counts,
                    exemplars: Vec::new(),
                }]),
            ),
        ]
    }

    fn read(metrics: &[Metric]) -> (f64, SystemTime, Vec<u64>) {
        let [a, b] = metrics else { panic!() };
        let (MetricData::Counter(a), MetricData::Histogram(b)) = (&a.data, &b.data) else {
            panic!()
        };
        assert_eq!(b[0].counts.iter().sum::<u64>() as f64, b[0].sum);
        (a[0].value, a[0].start, b[0].counts.clone())
    }

    #[test]
    fn a_difference_that_did_not_arrive_is_part_of_the_next() {
        let mut delta = Delta::default();
        let mut told = |value, count, time, arrives| {
            let mut metrics = reading(value, vec![count, 0]);
            delta.apply(&mut metrics, at(time));
            if arrives {
                delta.arrived();
            }
            read(&metrics)
        };
        assert_eq!(told(5.0, 1, 10, true), (5.0, at(1), vec![1, 0]));
        assert_eq!(told(7.0, 2, 20, false), (2.0, at(10), vec![1, 0]));
        assert_eq!(told(8.0, 4, 30, true), (3.0, at(10), vec![3, 0]));
        assert_eq!(told(8.0, 4, 40, true), (0.0, at(30), vec![0, 0]));
    }

    #[test]
    fn what_began_again_is_new_as_a_whole() {
        let mut delta = Delta::default();
        let mut first = reading(5.0, vec![3, 3]);
        delta.apply(&mut first, at(10));
        delta.arrived();
        let mut second = reading(2.0, vec![1, 0]);
        delta.apply(&mut second, at(20));
        assert_eq!(read(&second), (2.0, at(1), vec![1, 0]));
    }

    proptest! {
        #[test]
        fn what_arrives_adds_up_to_what_was_counted(
            steps in proptest::collection::vec((0_u32..100, any::<bool>()), 1..50),
        ) {
            let mut delta = Delta::default();
            let (mut total, mut told) = (0, 0.0);
            for (step, (more, arrives)) in steps.into_iter().enumerate() {
                total += more;
                let mut metrics = reading(total.into(), vec![total.into(), 0]);
                delta.apply(&mut metrics, at(10 + step as u64));
                if arrives {
                    delta.arrived();
                    told += read(&metrics).0;
                    prop_assert_eq!(told, f64::from(total));
                }
            }
        }
    }
}
