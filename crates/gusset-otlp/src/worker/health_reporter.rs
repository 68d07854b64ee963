//! Logging of the exporter's status: one log entry for each change, however many failures cause it.

use std::fmt;

use crate::Signal;
use crate::diagnostics::SdkLogLevel;
use crate::transport::ExportError;

/// Tracks the status of one exporter and logs its changes.
#[derive(Debug)]
pub(crate) struct HealthReporter {
    signal: Signal,
    endpoint: String,
    log_level: SdkLogLevel,
    status: ExporterStatus,
    /// Whether the receiver's last successful response contained a warning.
    warned: bool,
    /// Whether a response that is not OTLP was logged.
    invalid_body_logged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExporterStatus {
    Healthy,
    /// Exports fail. Holds the number of items that were dropped before.
    Failing(u64),
    /// The receiver rejects a part of the items.
    Rejecting,
}

/// A change of the status that is logged.
#[derive(Debug, PartialEq, Eq)]
enum StatusChange<'a> {
    Failed(&'a ExportError),
    Rejected(u64, &'a str),
    /// Exports succeed again. Holds the number of items that were dropped meanwhile.
    Recovered(u64),
    AcceptsAll,
}

// === impl HealthReporter ===

impl HealthReporter {
    pub(crate) fn new(signal: Signal, endpoint: impl fmt::Display, log_level: SdkLogLevel) -> Self {
        Self {
            signal,
            endpoint: endpoint.to_string(),
            log_level,
            status: ExporterStatus::Healthy,
            warned: false,
            invalid_body_logged: false,
        }
    }

    /// Reports a failed export. `dropped` is the total number of dropped items.
    pub(crate) fn on_failure(&mut self, error: &ExportError, dropped: u64) {
        if let Some(change) = self.status.on_failure(error, dropped) {
            self.log_change(&change);
        }
    }

    /// Reports a successful export, of which the receiver may have rejected a part.
    pub(crate) fn on_success(&mut self, rejected: u64, message: &str, dropped: u64) {
        if let Some(change) = self.status.on_success(rejected, message, dropped) {
            self.log_change(&change);
        }
        let warned = rejected == 0 && !message.is_empty();
        if warned && !self.warned {
            let (items, endpoint) = (self.signal.items(), &self.endpoint);
            self.log_level.warn(format_args!(
                "{endpoint} accepted all {items} with a warning{message} (further warnings are \
                 suppressed until it responds without one)"
            ));
        }
        self.warned = warned;
    }

    /// Reports, once, a success whose body is not an OTLP response.
    pub(crate) fn on_invalid_body(&mut self, body: &str) {
        if std::mem::replace(&mut self.invalid_body_logged, true) {
            return;
        }
        let (items, endpoint) = (self.signal.items(), &self.endpoint);
        self.log_level.warn(format_args!(
            "{endpoint} accepted {items} with a body that is not an OTLP response, {body}; check that \
             the endpoint is an OTLP receiver"
        ));
    }

    fn log_change(&self, change: &StatusChange<'_>) {
        let (items, endpoint) = (self.signal.items(), &self.endpoint);
        match change {
            StatusChange::Failed(error) => self.log_level.warn(format_args!(
                "exporting {items} to {endpoint} failed: {message}; {items} may be dropped, {advice} \
                 (further failures are suppressed until it recovers)",
                message = error.message,
                advice = error.advice(),
            )),
            StatusChange::Rejected(count, message) => self.log_level.warn(format_args!(
                "{endpoint} rejected {count} {items}{message}; they are dropped, check the log of the \
                 receiver (further rejections are suppressed until it accepts all)"
            )),
            StatusChange::Recovered(dropped) => self.log_level.info(format_args!(
                "exporting {items} to {endpoint} succeeds again; {dropped} were dropped meanwhile"
            )),
            StatusChange::AcceptsAll => self
                .log_level
                .info(format_args!("{endpoint} accepts all {items} again")),
        }
    }
}

// === impl ExporterStatus ===

impl ExporterStatus {
    fn on_failure<'a>(&mut self, error: &'a ExportError, dropped: u64) -> Option<StatusChange<'a>> {
        if matches!(self, Self::Failing(_)) {
            return None;
        }
        *self = Self::Failing(dropped);
        Some(StatusChange::Failed(error))
    }

    fn on_success<'a>(
        &mut self,
        rejected: u64,
        message: &'a str,
        dropped: u64,
    ) -> Option<StatusChange<'a>> {
        let next = if rejected > 0 {
            Self::Rejecting
        } else {
            Self::Healthy
        };
        let change = match (*self, next) {
            (Self::Rejecting, Self::Rejecting) => None,
            (_, Self::Rejecting) => Some(StatusChange::Rejected(rejected, message)),
            (Self::Failing(before), _) => {
                Some(StatusChange::Recovered(dropped.saturating_sub(before)))
            }
            (Self::Rejecting, _) => Some(StatusChange::AcceptsAll),
            (Self::Healthy, _) => None,
        };
        *self = next;
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_change_is_reported_once() {
        let (down, slow) = (ExportError::collection("down"), ExportError::too_large());
        let mut status = ExporterStatus::Healthy;
        assert_eq!(status.on_success(0, "", 3), None);
        let change = status.on_failure(&down, 3);
        assert_eq!(change, Some(StatusChange::Failed(&down)));
        assert_eq!(status.on_failure(&slow, 10), None);
        let change = status.on_success(0, "", 10);
        assert_eq!(change, Some(StatusChange::Recovered(7)));
        assert_eq!(status.on_success(0, "", 10), None);
        let change = status.on_success(2, "m", 12);
        assert_eq!(change, Some(StatusChange::Rejected(2, "m")));
        assert_eq!(status.on_success(1, "m", 13), None);
        let change = status.on_success(0, "", 13);
        assert_eq!(change, Some(StatusChange::AcceptsAll));
    }
}
