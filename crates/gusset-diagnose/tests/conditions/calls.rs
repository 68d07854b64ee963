//! The durations of calls, as a service records them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use gusset_data::{HistogramDataPoint, Metric, MetricData, MetricProducer};

const BOUNDS: [f64; 6] = [0.005, 0.05, 0.1, 0.5, 1.0, 5.0];

/// What was called: the metric, and the label with its value.
type Name = (&'static str, &'static str, &'static str);

/// The count of each bucket, and the sum in seconds.
type Durations = (Vec<u64>, f64);

/// The durations of the calls of a server and of its clients.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<BTreeMap<Name, Durations>>>);

impl Calls {
    pub(crate) fn server(&self, route: &'static str, duration: Duration) {
        self.add(
            ("http.server.request.duration", "http.route", route),
            duration,
        );
    }

    pub(crate) fn client(&self, address: &'static str, duration: Duration) {
        self.add(
            ("http.client.request.duration", "server.address", address),
            duration,
        );
    }

    fn add(&self, name: Name, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let mut all = self.0.lock().unwrap();
        let (counts, sum) = all.entry(name).or_insert((vec![0; BOUNDS.len() + 1], 0.0));
        counts[BOUNDS.iter().filter(|bound| **bound < seconds).count()] += 1;
        *sum += seconds;
    }
}

impl MetricProducer for Calls {
    fn metrics(&self) -> Vec<Metric> {
        let all = self.0.lock().unwrap();
        let metrics = all
            .iter()
            .map(|((metric, label, value), (counts, sum))| Metric {
                name: (*metric).into(),
                unit: "s".into(),
                description: "".into(),
                data: MetricData::Histogram(vec![HistogramDataPoint {
                    labels: [((*label).into(), (*value).into())].into(),
                    start: SystemTime::UNIX_EPOCH,
                    bounds: BOUNDS.into(),
                    counts: counts.clone(),
                    sum: Some(*sum),
                    exemplars: Vec::new(),
                }]),
            });
        metrics.collect()
    }
}
