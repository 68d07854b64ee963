//! The OTLP exporter of one signal: sends messages, with retries.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep, sleep_until};

use super::size_limit::{Size, SizeLimit};
use super::{FlushReceiver, HealthReporter};
use crate::batch_queue::ExportCounters;
use crate::self_metrics::ExporterMetrics;
use crate::transport::{
    ExportError, ExportResponse, MAX_RETRY_AFTER, OtlpClient, RetryDecision, RetryPolicy,
    server_message,
};

/// The outcome of the export of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExportOutcome {
    Accepted,
    /// The items were dropped and counted.
    Failed,
    /// The message has several items and is too large for the receiver.
    TooLarge,
}

/// The size from which a body may be what makes a receiver close the connection. The limits of receivers
/// are usually at least 1 MiB.
const MIN_SUSPECT_BYTES: usize = 256 << 10;

#[derive(Debug)]
pub(crate) struct Exporter {
    client: OtlpClient,
    health: HealthReporter,
    metrics: Option<ExporterMetrics>,
    /// The time before which the receiver wants no request, if that outlasts the batch.
    retry_not_before: Option<Instant>,
    size_limit: SizeLimit,
}

// === impl Exporter ===

impl Exporter {
    pub(crate) fn new(
        client: OtlpClient,
        health: HealthReporter,
        metrics: Option<ExporterMetrics>,
    ) -> Self {
        Self {
            client,
            health,
            metrics,
            retry_not_before: None,
            size_limit: SizeLimit::default(),
        }
    }

    pub(crate) fn client(&self) -> &OtlpClient {
        &self.client
    }

    /// Starts another batch, whose messages [`export`](Self::export) sends.
    pub(crate) fn start_batch(&mut self) {
        self.size_limit.start_batch();
    }

    /// Exports one message with this number of items within the timeout, including all retries.
    ///
    /// A message that is too large for the receiver is neither logged nor counted, because it is to be
    /// split. A single item that is too large is dropped.
    pub(crate) async fn export(
        &mut self,
        message: Vec<u8>,
        items: u64,
        timeout: Duration,
        counters: &ExportCounters,
        flush: &mut FlushReceiver,
    ) -> ExportOutcome {
        let message_size = message.len();
        let body = self.client.encode_body(message);
        let size = Size {
            message: message_size,
            body: body.len(),
        };
        let start = Instant::now();
        if items > 1 && self.size_limit.excludes(start, size) {
            return ExportOutcome::TooLarge;
        }
        if let Some(error) = self.size_limit.refusal(size).cloned() {
            self.reject(&error, items, counters);
            return ExportOutcome::Failed;
        }
        if let Some(metrics) = &self.metrics {
            metrics.record_start(items);
        }
        // A receiver or proxy that responds to a large body early may close the connection before its
        // response is read. Smaller parts then succeed, or fail with a response.
        let may_be_too_large = items > 1 && size.body >= MIN_SUSPECT_BYTES;
        let result = self
            .send_with_retries(body, timeout, may_be_too_large, counters, flush)
            .await;
        if let Err(error) = &result {
            let presumed = may_be_too_large && error.closed_by_receiver;
            if (error.too_large || presumed) && !flush.deadline_passed() {
                if error.too_large {
                    let error = ExportError::item_too_large(error);
                    self.size_limit.refuse(size, error);
                } else {
                    self.size_limit.suspect(size);
                }
                if let Some(metrics) = &self.metrics {
                    metrics.record_items(0, None);
                    metrics.record_duration(start.elapsed(), Some(&error.error_type));
                }
                if items > 1 {
                    return ExportOutcome::TooLarge;
                }
                self.reject(&ExportError::item_too_large(error), items, counters);
                return ExportOutcome::Failed;
            }
        }
        let error_type = match &result {
            Ok(ExportResponse {
                rejected,
                message,
                invalid_body,
            }) => {
                self.size_limit.accept(Instant::now(), size);
                if let Some(invalid_body) = invalid_body {
                    self.health.on_invalid_body(invalid_body);
                }
                // A receiver cannot reject more items than it received.
                let rejected = (*rejected).min(items);
                counters
                    .exported
                    .fetch_add(items - rejected, Ordering::Relaxed);
                counters.send_failed.fetch_add(rejected, Ordering::Relaxed);
                let dropped = counters.snapshot().dropped_so_far();
                self.health
                    .on_success(rejected, &server_message(message), dropped);
                if let Some(metrics) = &self.metrics {
                    metrics.record_items(items - rejected, None);
                    metrics.record_items(rejected, Some("rejected"));
                }
                None
            }
            Err(error) => {
                let dropped = counters.snapshot().dropped_so_far();
                self.health.on_failure(error, dropped);
                // Items that are cut off by the shutdown deadline stay pending in the report.
                if !flush.deadline_passed() {
                    counters.send_failed.fetch_add(items, Ordering::Relaxed);
                }
                if let Some(metrics) = &self.metrics {
                    metrics.record_items(items, Some(&error.error_type));
                }
                Some(error.error_type.as_str())
            }
        };
        if let Some(metrics) = &self.metrics {
            metrics.record_duration(start.elapsed(), error_type);
        }
        match result {
            Ok(_) => ExportOutcome::Accepted,
            Err(_) => ExportOutcome::Failed,
        }
    }

    /// Records items that are not sent because of an error.
    pub(crate) fn reject(&mut self, error: &ExportError, items: u64, counters: &ExportCounters) {
        let dropped = counters.snapshot().dropped_so_far();
        self.health.on_failure(error, dropped);
        counters.send_failed.fetch_add(items, Ordering::Relaxed);
        if let Some(metrics) = &self.metrics {
            metrics.record_items(items, Some(&error.error_type));
        }
    }

    async fn send_with_retries(
        &mut self,
        body: Bytes,
        timeout: Duration,
        may_be_too_large: bool,
        counters: &ExportCounters,
        flush: &mut FlushReceiver,
    ) -> Result<ExportResponse, ExportError> {
        if let Some(not_before) = self.retry_not_before.take() {
            tokio::select! {
                biased;
                () = flush.deadline() => return Err(ExportError::shutdown()),
                () = sleep_until(not_before) => {}
            }
        }
        let start = Instant::now();
        let mut policy = RetryPolicy::new(timeout);
        loop {
            let time_left = policy.timeout().saturating_sub(start.elapsed());
            let result = tokio::select! {
                biased;
                result = self.client.send(body.clone()) => result,
                () = flush.deadline() => return Err(ExportError::shutdown()),
                () = sleep(time_left) => return Err(ExportError::export_timeout(timeout)),
            };
            let error = match result {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            // Not at the first failure: a receiver that restarts closes connections too.
            if may_be_too_large && error.closed_by_receiver && policy.failed_attempts() > 0 {
                return Err(error);
            }
            let decision = policy.on_failure(start.elapsed(), &error, fastrand::f64());
            let RetryDecision::RetryAfter(delay) = decision else {
                let requested = error.retry_after.map(|after| after.min(MAX_RETRY_AFTER));
                self.retry_not_before = requested.map(|after| Instant::now() + after);
                return Err(error);
            };
            // A first failure is not logged, because the retry often succeeds.
            if policy.failed_attempts() > 1 {
                let dropped = counters.snapshot().dropped_so_far();
                self.health.on_failure(&error, dropped);
            }
            tokio::select! {
                biased;
                () = flush.deadline() => return Err(error),
                () = sleep(delay) => {}
            }
        }
    }
}
