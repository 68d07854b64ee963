//! Metrics: read when it is time, all of them, and exported.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use gusset_data::{Attribute, Metric, MetricData, MetricProducer};
use metrics::Histogram;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep, sleep_until};

use super::delta::Delta;
use super::{Carrier, Console, Orders};
use crate::Protocol;
use crate::encode::{self, Form, Moment};
use crate::lane::Tally;
use crate::road::{Fault, REQUEST};
use crate::settings::Reading;

/// Where metrics come from.
#[derive(Clone)]
pub(crate) struct Source(pub(crate) Arc<dyn MetricProducer>);

/// The pipeline of metrics.
pub(crate) struct Readings {
    source: Source,
    reading: Reading,
    resource: Arc<[Attribute]>,
    tally: Arc<Tally>,
    carrier: Option<Carrier>,
    console: Option<Console>,
    took: Histogram,
    delta: Delta,
    /// A reading that has not come to its end. There is one at most.
    stuck: Option<JoinHandle<Vec<Metric>>>,
}

// === impl Readings ===

impl Readings {
    pub(crate) fn new(
        source: Source,
        reading: Reading,
        resource: Arc<[Attribute]>,
        tally: Arc<Tally>,
        carrier: Option<Carrier>,
        console: Option<Console>,
        took: Histogram,
    ) -> Self {
        Self {
            source,
            reading,
            resource,
            tally,
            carrier,
            console,
            took,
            delta: Delta::default(),
            stuck: None,
        }
    }

    pub(crate) async fn run(mut self, mut orders: Orders) {
        let mut next = Instant::now() + self.reading.interval;
        loop {
            tokio::select! {
                () = sleep_until(next) => {}
                () = orders.asked() => {}
            }
            let order = orders.open();
            let whole = self.export(&mut orders).await;
            // Counted from its start, so that slow exports do not spread it.
            next = (next + self.reading.interval).max(Instant::now());
            if let Some(order) = order {
                orders.carried_out(&order, whole);
                if order.last.is_some() {
                    return;
                }
            }
        }
    }

    /// One reading, exported. Gives whether it came to its end.
    async fn export(&mut self, orders: &mut Orders) -> bool {
        let start = Instant::now();
        let Some(mut metrics) = self.read(orders).await else {
            return false;
        };
        self.took.record(start.elapsed().as_secs_f64());
        let time = SystemTime::now();
        let all: u64 = metrics.iter().map(points).sum();
        if all == 0 {
            return true;
        }
        self.tally.taken.fetch_add(all, Ordering::Relaxed);
        if self.reading.delta {
            self.delta.apply(&mut metrics, time);
        }
        let moment = Moment {
            time,
            delta: self.reading.delta,
        };
        let arrived = self.send(&metrics, moment, orders).await;
        if arrived {
            self.delta.arrived();
        }
        !orders.is_cut() || arrived
    }

    /// Everything as it stands. The source is not ours: it is asked aside, and not waited for without
    /// end.
    async fn read(&mut self, orders: &mut Orders) -> Option<Vec<Metric>> {
        let mut reading = match self.stuck.take() {
            Some(reading) => reading,
            None => {
                let Source(source) = self.source.clone();
                spawn_blocking(move || source.metrics())
            }
        };
        let fault = tokio::select! {
            biased;
            read = &mut reading => match read {
                Ok(metrics) => return Some(metrics),
                Err(_) => Fault::unread("their source panicked"),
            },
            () = orders.cut() => return None,
            () = sleep(self.reading.timeout) => {
                self.stuck = Some(reading);
                Fault::unread("their source gives none in time")
            }
        };
        if let Some(carrier) = &mut self.carrier {
            carrier.refuse(&fault, 0, &self.tally);
        }
        None
    }

    /// Gives whether any of it arrived: what did must not be told again.
    async fn send(&mut self, metrics: &[Metric], moment: Moment, orders: &mut Orders) -> bool {
        let Self {
            resource,
            tally,
            carrier,
            console,
            ..
        } = self;
        let mut arrived = false;
        if let Some(console) = console {
            let line = encode::metrics(Form::Json, resource, moment, metrics);
            let written = console.line(line, orders).await;
            if carrier.is_none() {
                let to = if written {
                    &tally.exported
                } else {
                    &tally.failed
                };
                to.fetch_add(metrics.iter().map(points).sum(), Ordering::Relaxed);
                return written;
            }
        }
        let Some(carrier) = carrier else {
            return arrived;
        };
        let form = match carrier.road().protocol() {
            Protocol::HttpJson => Form::Json,
            _ => Form::Protobuf,
        };
        let mut parts = vec![metrics];
        while let Some(part) = parts.pop() {
            let message = encode::metrics(form, resource, moment, part);
            let items = part.iter().map(points).sum();
            if message.len() <= REQUEST {
                let limit = self.reading.timeout;
                arrived |= carrier.carry(message, items, limit, tally, orders).await;
            } else if part.len() == 1 {
                carrier.refuse(&Fault::too_large(), items, tally);
            } else {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
            }
        }
        arrived
    }
}

fn points(metric: &Metric) -> u64 {
    let points = match &metric.data {
        MetricData::Counter(points)
        | MetricData::UpDownCounter(points)
        | MetricData::Gauge(points) => points.len(),
        MetricData::Histogram(points) => points.len(),
        _ => 0,
    };
    points as u64
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}
