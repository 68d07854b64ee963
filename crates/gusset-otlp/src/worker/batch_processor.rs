//! The batch processor for spans and log records: exports when a batch is full, or periodically.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gusset_data::{Attribute, LogRecord, SpanData};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::{ConsoleExporter, ExportOutcome, Exporter, FlushReceiver};
use crate::OtlpProtocol;
use crate::batch_queue::BatchQueue;
use crate::encode::{self, Encoding, LogLimits};
use crate::self_metrics::ProcessorMetrics;
use crate::settings::BatchConfig;
use crate::transport::{ExportError, MAX_REQUEST_BYTES};

/// The interval at which the size of the queue is recorded during a long export.
const QUEUE_SIZE_INTERVAL: Duration = Duration::from_secs(1);

/// An item that is exported in batches.
pub(crate) trait BatchItem: Sized + Send + 'static {
    type EncodeOptions: Copy + Send + Sync;

    fn encode(
        encoding: Encoding,
        resource: &[Attribute],
        options: Self::EncodeOptions,
        items: &mut [Self],
    ) -> Vec<u8>;
}

pub(crate) struct BatchProcessor<T: BatchItem> {
    pub(crate) queue: Arc<BatchQueue<T>>,
    pub(crate) config: BatchConfig,
    pub(crate) resource: Arc<[Attribute]>,
    pub(crate) encode_options: T::EncodeOptions,
    pub(crate) exporter: Option<Exporter>,
    pub(crate) console: Option<ConsoleExporter>,
    pub(crate) metrics: Option<ProcessorMetrics>,
    /// The number of the last flush request that is completed. Closes when the processor ends.
    pub(crate) completed: watch::Sender<u64>,
}

// === impl BatchItem ===

impl BatchItem for SpanData {
    type EncodeOptions = ();

    fn encode(encoding: Encoding, resource: &[Attribute], (): (), items: &mut [Self]) -> Vec<u8> {
        encode::spans(encoding, resource, items)
    }
}

impl BatchItem for LogRecord {
    type EncodeOptions = LogLimits;

    fn encode(
        encoding: Encoding,
        resource: &[Attribute],
        limits: LogLimits,
        items: &mut [Self],
    ) -> Vec<u8> {
        encode::logs(encoding, resource, limits, items)
    }
}

// === impl BatchProcessor ===

impl<T: BatchItem> BatchProcessor<T> {
    /// Runs until the shutdown.
    pub(crate) async fn run(self, flush: FlushReceiver) {
        let gauge = self.metrics.as_ref().map(ProcessorMetrics::queue_size);
        let queue = Arc::clone(&self.queue);
        let record_queue_size = async move {
            let Some(gauge) = gauge else {
                return std::future::pending().await;
            };
            loop {
                sleep(QUEUE_SIZE_INTERVAL).await;
                gauge.set(queue.len() as f64);
            }
        };
        tokio::select! {
            () = self.process(flush) => {}
            () = record_queue_size => {}
        }
    }

    async fn process(mut self, mut flush: FlushReceiver) {
        let mut next = Instant::now() + self.config.schedule_delay;
        loop {
            tokio::select! {
                () = self.queue.batch_ready.notified() => {}
                () = sleep_until(next) => {}
                () = flush.requested() => {}
            }
            let request = flush.pending();
            self.drain(&mut flush).await;
            next = Instant::now() + self.config.schedule_delay;
            if let Some(request) = request {
                let is_shutdown = request.shutdown_deadline.is_some();
                let is_empty = self.queue.len() == 0 && !flush.deadline_passed();
                flush.acknowledge(&request, is_empty || !is_shutdown);
                self.completed.send_replace(request.id);
                if is_shutdown {
                    return;
                }
            }
        }
    }

    /// Exports the items that are queued now. Items that arrive meanwhile are exported only in full
    /// batches.
    async fn drain(&mut self, flush: &mut FlushReceiver) {
        let mut due = self.queue.len();
        while !flush.deadline_passed() {
            let batch = self.queue.take_batch();
            if let Some(metrics) = &self.metrics {
                metrics.record_batch(batch.len(), self.queue.len());
            }
            if batch.is_empty() {
                return;
            }
            due = due.saturating_sub(batch.len());
            self.export(batch, flush).await;
            if due == 0 && self.queue.len() < self.config.max_batch_size {
                return;
            }
        }
    }

    async fn export(&mut self, mut batch: Vec<T>, flush: &mut FlushReceiver) {
        let Self {
            queue,
            config,
            resource,
            encode_options,
            exporter,
            console,
            metrics: _,
            completed: _,
        } = self;
        let counters = &queue.counters;
        if let Some(console) = console {
            let line = T::encode(Encoding::Json, resource, *encode_options, &mut batch);
            let written = console.write_line(line, flush).await;
            if exporter.is_none() {
                let counter = if written {
                    &counters.exported
                } else {
                    &counters.send_failed
                };
                counter.fetch_add(batch.len() as u64, Ordering::Relaxed);
            }
        }
        let Some(exporter) = exporter else { return };
        let encoding = match exporter.client().protocol() {
            OtlpProtocol::HttpJson => Encoding::Json,
            _ => Encoding::Protobuf,
        };
        // The batch is split if it exceeds the limit of a request or of the receiver, which is rare.
        exporter.start_batch();
        let mut parts = vec![&mut batch[..]];
        while let Some(part) = parts.pop() {
            let message = T::encode(encoding, resource, *encode_options, part);
            let items = part.len() as u64;
            let outcome = if message.len() <= MAX_REQUEST_BYTES {
                let timeout = config.export_timeout;
                exporter
                    .export(message, items, timeout, counters, flush)
                    .await
            } else if items == 1 {
                exporter.reject(&ExportError::too_large(), items, counters);
                ExportOutcome::Failed
            } else {
                ExportOutcome::TooLarge
            };
            if outcome == ExportOutcome::TooLarge {
                let (first, second) = part.split_at_mut(part.len() / 2);
                parts.extend([second, first]);
            }
        }
    }
}
