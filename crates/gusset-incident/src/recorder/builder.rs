//! The settings of the recorder.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use gusset_core::{Clock, ConfigError};

use super::FlightRecorder;
use super::shared::Shared;

/// The builder of a [`FlightRecorder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct FlightRecorderBuilder {
    max_bytes: usize,
    max_active_calls: usize,
    clock: Clock,
}

/// Less would keep a few calls of each thread.
const MIN_BYTES: usize = 64 * 1024;

impl Default for FlightRecorderBuilder {
    fn default() -> Self {
        Self {
            max_bytes: 2 * 1024 * 1024,
            max_active_calls: 4096,
            clock: Clock::default(),
        }
    }
}

// === impl FlightRecorderBuilder ===

impl FlightRecorderBuilder {
    /// Sets the memory in bytes: half for calls, five sixteenths for log records, an eighth for readings of the system, which
    /// is more than an hour of them, and the rest for state changes. Defaults to 2 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets the calls under way that are listed. Each takes 150 bytes while it is under way. More calls are recorded at their
    /// end alone. Defaults to 4,096.
    pub fn max_active_calls(mut self, calls: usize) -> Self {
        self.max_active_calls = calls;
        self
    }

    /// Sets the clock of the observed calls, for tests. Defaults to the system's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Creates the recorder.
    ///
    /// # Errors
    /// If `max_bytes` is less than 65,536.
    ///
    /// ```
    /// use gusset_incident::FlightRecorder;
    ///
    /// let error = FlightRecorder::builder().max_bytes(10).build().unwrap_err();
    /// assert_eq!(error.setting(), "max_bytes");
    /// ```
    pub fn build(self) -> Result<FlightRecorder, ConfigError> {
        if self.max_bytes < MIN_BYTES {
            return Err(ConfigError::new(
                "max_bytes",
                format!("{} is less than {MIN_BYTES}", self.max_bytes),
            ));
        }
        let anchor: (Instant, SystemTime) = (self.clock.now(), SystemTime::now());
        let shared = Shared::new(self.max_bytes, self.max_active_calls, anchor);
        let shared = Arc::new(shared);
        Ok(FlightRecorder { shared })
    }
}
