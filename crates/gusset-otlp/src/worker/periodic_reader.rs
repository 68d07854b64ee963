//! The periodic metric reader: collects all metrics and exports them.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use gusset_data::{Attribute, Metric, MetricData, MetricProducer};
use metrics::Histogram;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::delta::DeltaState;
use super::{ConsoleExporter, ExportOutcome, Exporter, FlushReceiver, FlushRequest};
use crate::OtlpProtocol;
use crate::batch_queue::ExportCounters;
use crate::encode::{self, CollectionContext, Encoding};
use crate::settings::ReaderConfig;
use crate::transport::{ExportError, MAX_REQUEST_BYTES};

/// The producer of the metrics.
#[derive(Clone)]
pub(crate) struct Producer(pub(crate) Arc<dyn MetricProducer>);

pub(crate) struct PeriodicReader {
    producer: Producer,
    config: ReaderConfig,
    resource: Arc<[Attribute]>,
    counters: Arc<ExportCounters>,
    exporter: Option<Exporter>,
    console: Option<ConsoleExporter>,
    collection_duration: Histogram,
    /// The number of the last flush request that each processor has completed.
    processors: Vec<watch::Receiver<u64>>,
    delta: DeltaState,
    /// A collection that exceeded the timeout and still runs. There is at most one.
    pending_read: Option<JoinHandle<Vec<Metric>>>,
}

// === impl PeriodicReader ===

impl PeriodicReader {
    pub(crate) fn new(
        producer: Producer,
        config: ReaderConfig,
        resource: Arc<[Attribute]>,
        counters: Arc<ExportCounters>,
        (exporter, console): (Option<Exporter>, Option<ConsoleExporter>),
        collection_duration: Histogram,
        processors: Vec<watch::Receiver<u64>>,
    ) -> Self {
        Self {
            producer,
            config,
            resource,
            counters,
            exporter,
            console,
            collection_duration,
            processors,
            delta: DeltaState::default(),
            pending_read: None,
        }
    }

    /// Runs until the shutdown.
    pub(crate) async fn run(mut self, mut flush: FlushReceiver) {
        let mut next = Instant::now() + self.config.interval;
        loop {
            tokio::select! {
                () = sleep_until(next) => {}
                () = flush.requested() => {}
            }
            let request = flush.pending();
            if let Some(request) = &request {
                self.wait_for_processors(request).await;
            }
            let complete = self.collect_and_export(&mut flush).await;
            // Computed from the previous time, so that slow exports do not extend the interval.
            next = (next + self.config.interval).max(Instant::now());
            if let Some(request) = request {
                flush.acknowledge(&request, complete);
                if request.shutdown_deadline.is_some() {
                    return;
                }
            }
        }
    }

    /// Waits until the queued spans and log records are exported, so that the metrics count them.
    ///
    /// A receiver that does not respond must not prevent the export of the metrics, which therefore keep
    /// a quarter of the time.
    async fn wait_for_processors(&mut self, request: &FlushRequest) {
        let deadline = request.shutdown_deadline.or(request.deadline);
        let now = Instant::now();
        let time = deadline.map_or(Duration::ZERO, |it| it.saturating_duration_since(now));
        let wait = async {
            for processor in &mut self.processors {
                // An error means that the processor has ended.
                let _ = processor.wait_for(|id| *id >= request.id).await;
            }
        };
        let _ = timeout(time * 3 / 4, wait).await;
    }

    /// Collects all metrics and exports them. Returns whether it completed.
    async fn collect_and_export(&mut self, flush: &mut FlushReceiver) -> bool {
        let start = Instant::now();
        let Some(mut metrics) = self.collect(flush).await else {
            return false;
        };
        self.collection_duration
            .record(start.elapsed().as_secs_f64());
        let time = SystemTime::now();
        let points: u64 = metrics.iter().map(count_points).sum();
        if points == 0 {
            return true;
        }
        self.counters.accepted.fetch_add(points, Ordering::Relaxed);
        if self.config.delta {
            self.delta.apply(&mut metrics, time);
        }
        let cx = CollectionContext {
            time,
            delta: self.config.delta,
        };
        let exported = self.export(&metrics, cx, flush).await;
        if exported {
            self.delta.confirm();
        }
        !flush.deadline_passed() || exported
    }

    /// Collects all metrics on a blocking thread, within the timeout: the producer is code of the
    /// service and may block or panic.
    async fn collect(&mut self, flush: &mut FlushReceiver) -> Option<Vec<Metric>> {
        let mut read = match self.pending_read.take() {
            Some(read) => read,
            None => {
                let Producer(producer) = self.producer.clone();
                spawn_blocking(move || producer.metrics())
            }
        };
        let error = tokio::select! {
            biased;
            result = &mut read => match result {
                Ok(metrics) => return Some(metrics),
                Err(_) => ExportError::collection("the metric producer panicked"),
            },
            () = flush.deadline() => return None,
            () = sleep(self.config.timeout) => {
                self.pending_read = Some(read);
                ExportError::collection(
                    "the metric producer did not return within OTEL_METRIC_EXPORT_TIMEOUT",
                )
            }
        };
        if let Some(exporter) = &mut self.exporter {
            exporter.reject(&error, 0, &self.counters);
        }
        None
    }

    /// Returns whether any part was exported. Deltas of such a collection must not be exported again.
    async fn export(
        &mut self,
        metrics: &[Metric],
        cx: CollectionContext,
        flush: &mut FlushReceiver,
    ) -> bool {
        let Self {
            resource,
            counters,
            exporter,
            console,
            ..
        } = self;
        let mut exported = false;
        if let Some(console) = console {
            let line = encode::metrics(Encoding::Json, resource, cx, metrics);
            let written = console.write_line(line, flush).await;
            if exporter.is_none() {
                let counter = if written {
                    &counters.exported
                } else {
                    &counters.send_failed
                };
                counter.fetch_add(metrics.iter().map(count_points).sum(), Ordering::Relaxed);
                return written;
            }
        }
        let Some(exporter) = exporter else {
            return exported;
        };
        let encoding = match exporter.client().protocol() {
            OtlpProtocol::HttpJson => Encoding::Json,
            _ => Encoding::Protobuf,
        };
        exporter.start_batch();
        let mut parts = vec![Cow::Borrowed(metrics)];
        while let Some(part) = parts.pop() {
            let message = encode::metrics(encoding, resource, cx, &part);
            let points = part.iter().map(count_points).sum();
            let outcome = if message.len() <= MAX_REQUEST_BYTES {
                let timeout = self.config.timeout;
                exporter
                    .export(message, points, timeout, counters, flush)
                    .await
            } else if points <= 1 {
                exporter.reject(&ExportError::too_large(), points, counters);
                ExportOutcome::Failed
            } else {
                ExportOutcome::TooLarge
            };
            exported |= outcome == ExportOutcome::Accepted;
            if outcome == ExportOutcome::TooLarge {
                let (first, second) = split(&part);
                parts.extend([second, first]);
            }
        }
        exported
    }
}

/// Splits metrics into halves. The data points of a single metric are split.
fn split<'a>(metrics: &Cow<'a, [Metric]>) -> (Cow<'a, [Metric]>, Cow<'a, [Metric]>) {
    if let [metric] = &**metrics {
        let (first, second) = split_points(metric);
        return (vec![first].into(), vec![second].into());
    }
    let middle = metrics.len() / 2;
    match metrics {
        Cow::Borrowed(metrics) => {
            let (first, second) = metrics.split_at(middle);
            (first.into(), second.into())
        }
        Cow::Owned(metrics) => {
            let (first, second) = metrics.split_at(middle);
            (first.to_vec().into(), second.to_vec().into())
        }
    }
}

fn split_points(metric: &Metric) -> (Metric, Metric) {
    fn halves<P: Clone>(points: &[P], data: impl Fn(Vec<P>) -> MetricData) -> [MetricData; 2] {
        let (first, second) = points.split_at(points.len() / 2);
        [data(first.to_vec()), data(second.to_vec())]
    }
    let [first, second] = match &metric.data {
        MetricData::Counter(points) => halves(points, MetricData::Counter),
        MetricData::UpDownCounter(points) => halves(points, MetricData::UpDownCounter),
        MetricData::Gauge(points) => halves(points, MetricData::Gauge),
        MetricData::Histogram(points) => halves(points, MetricData::Histogram),
        MetricData::ExponentialHistogram(points) => {
            halves(points, MetricData::ExponentialHistogram)
        }
        // A kind without points that can be counted is never split.
        other => [other.clone(), other.clone()],
    };
    let with = |data| Metric {
        data,
        ..metric.clone()
    };
    (with(first), with(second))
}

fn count_points(metric: &Metric) -> u64 {
    let points = match &metric.data {
        MetricData::Counter(points)
        | MetricData::UpDownCounter(points)
        | MetricData::Gauge(points) => points.len(),
        MetricData::Histogram(points) => points.len(),
        MetricData::ExponentialHistogram(points) => points.len(),
        _ => 0,
    };
    points as u64
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Producer")
    }
}
