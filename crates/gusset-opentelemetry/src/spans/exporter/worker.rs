//! The thread that converts spans and exports them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use gusset_core::{Clock, PanicCounter};
use gusset_data::SpanData;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanExporter;

use super::block_on::block_on;
use super::config::BatchConfig;
use super::queue::Shared;
use super::requests::Flush;
use crate::{TARGET, span_data};

pub(super) struct Worker<E> {
    pub(super) shared: Arc<Shared>,
    pub(super) config: BatchConfig,
    pub(super) exporter: E,
    /// Whether the last export failed, and that was logged.
    pub(super) is_failing: bool,
}

// === impl Worker ===

impl<E: SpanExporter> Worker<E> {
    /// Runs until the shutdown.
    pub(super) fn run(mut self) {
        let mut next = now() + self.config.schedule_delay;
        loop {
            let (flushes, shutdown) = self.shared.requests.take();
            let is_due = shutdown.is_some()
                || !flushes.is_empty()
                || self.shared.queue.len() >= self.config.max_batch_size
                || next <= now();
            if !is_due {
                thread::park_timeout(next.saturating_duration_since(now()));
                continue;
            }
            self.drain(shutdown.is_some());
            next = now() + self.config.schedule_delay;
            if let Some(deadline) = shutdown {
                self.shut_down(deadline, flushes);
                return;
            }
            if !flushes.is_empty() {
                self.flush(flushes);
            }
        }
    }

    /// Exports the spans that are queued now. Those that come meanwhile are exported in full batches only, and at
    /// the end of the pipeline all of them.
    fn drain(&mut self, to_the_end: bool) {
        let mut due = self.shared.queue.len();
        while !self.is_over() {
            let batch = self.shared.queue.take_batch();
            let metrics = &self.shared.metrics;
            metrics.processed.increment(batch.len() as u64);
            metrics.queue_size.set(self.shared.queue.len() as f64);
            if batch.is_empty() {
                return;
            }
            due = due.saturating_sub(batch.len());
            self.export(batch);
            if !to_the_end && due == 0 && self.shared.queue.len() < self.config.max_batch_size {
                return;
            }
        }
    }

    fn export(&mut self, batch: Vec<SpanData>) {
        let Self {
            shared,
            config,
            exporter,
            is_failing: _,
        } = &*self;
        let count = batch.len();
        shared.in_flight.store(count, Ordering::Relaxed);
        let timeout = now().checked_add(config.export_timeout);
        let deadline = || match (timeout, shared.requests.shutdown_deadline()) {
            (Some(timeout), Some(shutdown)) => Some(timeout.min(shutdown)),
            (timeout, shutdown) => timeout.or(shutdown),
        };
        let export = || {
            let batch = batch.into_iter().map(span_data::convert).collect();
            block_on(exporter.export(batch), deadline)
        };
        let failure = match shared.panics.catch(export, || ()) {
            Some(Some(Ok(()))) => None,
            Some(Some(Err(error))) => Some(error.to_string()),
            Some(None) => Some("the export has timed out".to_owned()),
            None => Some("the exporter panicked".to_owned()),
        };
        // A batch that the shutdown cuts off is pending in its report.
        if !(failure.is_some() && self.is_over()) {
            let counter = match failure {
                None => &self.shared.exported,
                Some(_) => &self.shared.failed,
            };
            counter.fetch_add(count as u64, Ordering::Relaxed);
            self.shared.in_flight.store(0, Ordering::Relaxed);
        }
        let was_failing = std::mem::replace(&mut self.is_failing, failure.is_some());
        // The subscriber is code of others, whose panic would end the exports.
        let log = || match failure {
            Some(error) if !was_failing => tracing::warn!(
                target: TARGET,
                "the export of spans fails, {count} spans are lost, and those of further failures: {error}"
            ),
            None if was_failing => {
                tracing::info!(target: TARGET, "exports of spans succeed again");
            }
            _ => {}
        };
        static LOG_PANICS: PanicCounter = PanicCounter::new();
        let _ = LOG_PANICS.catch(log, || ());
    }

    fn flush(&self, flushes: Vec<Flush>) {
        let flushed = self.contained(E::force_flush);
        for flush in flushes {
            let in_time = now() <= flush.deadline;
            flush.complete(flushed && in_time);
        }
    }

    fn shut_down(self, deadline: Instant, mut flushes: Vec<Flush>) {
        let left = deadline.saturating_duration_since(now());
        let everything = self.shared.queue.is_empty() && !left.is_zero();
        // What is left of the time, and a moment for exporters that only close.
        let timeout = left.max(Duration::from_millis(1));
        let is_closed = self.contained(|exporter| exporter.shutdown_with_timeout(timeout));
        flushes.extend(self.shared.requests.take().0);
        for flush in flushes {
            flush.complete(everything && is_closed);
        }
    }

    /// Calls the exporter. Returns whether that succeeded.
    fn contained(&self, call: impl FnOnce(&E) -> OTelSdkResult) -> bool {
        let result = self.shared.panics.catch(|| call(&self.exporter), || ());
        matches!(result, Some(Ok(())))
    }

    /// Returns whether the time of the shutdown is over.
    fn is_over(&self) -> bool {
        let deadline = self.shared.requests.shutdown_deadline();
        deadline.is_some_and(|deadline| deadline <= now())
    }
}

fn now() -> Instant {
    Clock::system().now()
}
