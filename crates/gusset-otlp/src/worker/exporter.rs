//! The OTLP exporter of one signal: sends messages, with retries.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{FlushReceiver, HealthReporter};
use crate::batch_queue::ExportCounters;
use crate::self_metrics::ExporterMetrics;
use crate::transport::{
    ExportError, ExportResponse, MAX_RETRY_AFTER, OtlpClient, RetryDecision, RetryPolicy,
    server_message,
};

#[derive(Debug)]
pub(crate) struct Exporter {
    client: OtlpClient,
    health: HealthReporter,
    metrics: Option<ExporterMetrics>,
    /// The time before which the receiver wants no request, if that outlasts the batch.
    retry_not_before: Option<Instant>,
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
        }
    }

    pub(crate) fn client(&self) -> &OtlpClient {
        &self.client
    }

    /// Exports one message with this number of items within the timeout, including all retries.
    ///
    /// Returns whether the receiver accepted the message.
    pub(crate) async fn export(
        &mut self,
        message: Vec<u8>,
        items: u64,
        timeout: Duration,
        counters: &ExportCounters,
        flush: &mut FlushReceiver,
    ) -> bool {
        let start = Instant::now();
        if let Some(metrics) = &self.metrics {
            metrics.record_start(items);
        }
        let result = self
            .send_with_retries(message, timeout, counters, flush)
            .await;
        let error_type = match &result {
            Ok(ExportResponse { rejected, message }) => {
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
        result.is_ok()
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
        message: Vec<u8>,
        timeout: Duration,
        counters: &ExportCounters,
        flush: &mut FlushReceiver,
    ) -> Result<ExportResponse, ExportError> {
        let body = self.client.encode_body(message);
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
