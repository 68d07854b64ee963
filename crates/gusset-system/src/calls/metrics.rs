//! The metrics of calls.

use std::time::Duration;

use gusset_data::{
    Labels, Metric, MetricData, MetricDescriptor, MetricProducer, NumberDataPoint, SharedStr,
    semconv,
};

use super::in_flight::{self, InFlight};
use super::routes::{RouteName, RouteSums};
use super::{CallMonitor, CallTimes};
use crate::names;
use crate::producer::metric;

const OVERFLOW_VALUE: SharedStr = SharedStr::from_static("true");

impl MetricProducer for CallMonitor {
    /// Returns the metrics of calls, for each route that has had any. Gauges are read now.
    fn metrics(&self) -> Vec<Metric> {
        let in_flight = in_flight::read(&self.routes);
        let (mut times, mut long_polls) = (Vec::new(), Vec::new());
        let (mut longest, mut oldest) = (Vec::new(), Vec::new());
        for sums in self.routes.all() {
            let totals = sums.totals();
            let CallTimes {
                polled,
                scheduled,
                waiting,
            } = totals.times.in_time(&sums.settings);
            let mut add = |state, time: Duration| {
                times.push(point(sums, Some(state), time.as_secs_f64()));
            };
            add("polled", polled);
            add("scheduled", scheduled);
            add("waiting", waiting);
            #[expect(clippy::cast_precision_loss, reason = "as of all counters")]
            long_polls.push(point(sums, None, totals.long_polls as f64));
            let InFlight {
                oldest: age,
                longest_poll,
                ..
            } = in_flight.get(&sums.index).copied().unwrap_or_default();
            let poll = longest_poll.map_or(Duration::ZERO, |poll| poll.duration);
            longest.push(point(sums, None, poll.as_secs_f64()));
            oldest.push(point(sums, None, age.as_secs_f64()));
        }
        let metrics: [(MetricDescriptor, MetricData); 4] = [
            (names::LONG_POLLS, MetricData::Counter(long_polls)),
            (names::POLL_IN_PROGRESS, MetricData::Gauge(longest)),
            (names::OLDEST_CALL, MetricData::Gauge(oldest)),
            (names::CALL_TIME, MetricData::Counter(times)),
        ];
        metrics.map(|(name, data)| metric(&name, data)).into()
    }
}

fn point(sums: &RouteSums, state: Option<&'static str>, value: f64) -> NumberDataPoint {
    NumberDataPoint {
        labels: labels(&sums.name, state),
        start: sums.since,
        value,
    }
}

/// Returns the labels, sorted by key.
fn labels(name: &RouteName, state: Option<&'static str>) -> Labels {
    let state = state.map(|state| (names::CALL_STATE.into(), state.into()));
    let route = match name {
        RouteName::None => None,
        RouteName::Known(name) => Some((semconv::HTTP_ROUTE.into(), name.clone())),
        RouteName::Overflow => Some((semconv::OTEL_METRIC_OVERFLOW.into(), OVERFLOW_VALUE)),
    };
    state.into_iter().chain(route).collect()
}
