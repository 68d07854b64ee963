//! The decision whether and when to retry, without a clock.

use std::time::Duration;

use super::ExportError;

/// The backoff after the first failed attempt, before jitter. It doubles with each attempt.
const INITIAL_BACKOFF: Duration = Duration::from_millis(250);
const MAX_BACKOFF: Duration = Duration::from_secs(8);
/// The longest delay, in sum, that a receiver can request for one batch. A batch that waits longer is
/// stale and blocks the queue for new items.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The retry policy of one batch, with its state.
#[derive(Clone, Debug)]
pub(crate) struct RetryPolicy {
    /// The time that the batch may take, from its start. Grows by the delays that the receiver requests.
    timeout: Duration,
    /// The delay that the receiver can still request.
    retry_after_left: Duration,
    failed_attempts: u32,
}

/// The decision after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RetryDecision {
    /// Retry after this delay.
    RetryAfter(Duration),
    /// Drop the batch.
    Stop,
}

// === impl RetryPolicy ===

impl RetryPolicy {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            retry_after_left: MAX_RETRY_AFTER,
            failed_attempts: 0,
        }
    }

    /// Returns the time that the batch may take, from its start.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) fn failed_attempts(&self) -> u32 {
        self.failed_attempts
    }

    /// Decides what to do after a failed attempt.
    ///
    /// `elapsed` is the time since the start of the batch, and `jitter` a random number from 0 to 1.
    pub(crate) fn on_failure(
        &mut self,
        elapsed: Duration,
        error: &ExportError,
        jitter: f64,
    ) -> RetryDecision {
        self.failed_attempts = self.failed_attempts.saturating_add(1);
        if !error.retryable {
            return RetryDecision::Stop;
        }
        let doublings = self.failed_attempts.saturating_sub(1).min(16);
        let backoff = INITIAL_BACKOFF
            .saturating_mul(1 << doublings)
            .min(MAX_BACKOFF);
        // Between one half and the whole of it, so that clients of a recovered receiver do not retry all
        // at once.
        let backoff = backoff / 2 + backoff.mul_f64(jitter / 2.0);
        let delay = match error.retry_after {
            Some(requested) if requested > self.retry_after_left => return RetryDecision::Stop,
            Some(requested) => {
                self.retry_after_left -= requested;
                self.timeout = self.timeout.saturating_add(requested);
                // Jitter here too: the receiver may request the same delay from all clients.
                requested.saturating_add(backoff / 4)
            }
            None => backoff,
        };
        if elapsed.saturating_add(delay) >= self.timeout {
            return RetryDecision::Stop;
        }
        RetryDecision::RetryAfter(delay)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    fn error(retryable: bool, retry_after: Option<u64>) -> ExportError {
        ExportError {
            retry_after: retry_after.map(Duration::from_secs),
            ..ExportError::new("503", "", retryable)
        }
    }

    #[test]
    fn backoff_doubles_up_to_the_maximum() {
        let mut policy = RetryPolicy::new(Duration::MAX);
        let delays: Vec<u128> = (0..8)
            .map(
                |_| match policy.on_failure(Duration::ZERO, &error(true, None), 0.0) {
                    RetryDecision::RetryAfter(delay) => delay.as_millis(),
                    RetryDecision::Stop => 0,
                },
            )
            .collect();
        assert_eq!(delays, [125, 250, 500, 1000, 2000, 4000, 4000, 4000]);
    }

    #[test]
    fn permanent_error_is_not_retried() {
        let mut policy = RetryPolicy::new(TIMEOUT);
        let decision = policy.on_failure(Duration::ZERO, &error(false, Some(1)), 0.0);
        assert_eq!(decision, RetryDecision::Stop);
    }

    #[test]
    fn requested_delays_are_kept_up_to_the_maximum() {
        let mut policy = RetryPolicy::new(TIMEOUT);
        let mut elapsed = Duration::ZERO;
        let mut retries = 0;
        while let RetryDecision::RetryAfter(delay) =
            policy.on_failure(elapsed, &error(true, Some(60)), 0.0)
        {
            assert!(delay >= Duration::from_secs(60));
            elapsed += delay;
            retries += 1;
        }
        assert_eq!(retries, 5);
        assert!(elapsed < MAX_RETRY_AFTER + TIMEOUT);
    }

    proptest! {
        #[test]
        fn retries_of_every_batch_end(
            failures in proptest::collection::vec((any::<Option<u16>>(), 0.0..1.0_f64), 1_000),
        ) {
            let mut policy = RetryPolicy::new(TIMEOUT);
            let mut elapsed = Duration::ZERO;
            for (retry_after, jitter) in failures {
                let error = error(true, retry_after.map(u64::from));
                match policy.on_failure(elapsed, &error, jitter) {
                    RetryDecision::RetryAfter(delay) => elapsed += delay,
                    RetryDecision::Stop => return Ok(()),
                }
                prop_assert!(elapsed <= TIMEOUT + MAX_RETRY_AFTER);
            }
            prop_assert!(false, "still retried after {:?}", elapsed);
        }
    }
}
