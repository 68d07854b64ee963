//! The limits of a history.

use std::fmt;
use std::time::Duration;

use gusset_core::ConfigError;
use gusset_data::{SharedRecorder, contain_recorder};

use crate::History;
use crate::metrics::HistoryMetrics;
use crate::store::{Limits, Store};

const DEFAULT_MEMORY_LIMIT_BYTES: usize = 4 * 1024 * 1024;
const MIN_MEMORY_LIMIT_BYTES: usize = 16 * 1024;
const DEFAULT_RETENTION: Duration = Duration::from_secs(3600);
const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);

/// Configures a [`History`].
///
/// ```
/// use std::time::Duration;
/// use gusset_history::History;
///
/// let history = History::builder()
///     .interval(Duration::from_secs(5))
///     .memory_limit(8 << 20)
///     .build()?;
///
/// let error = History::builder().interval(Duration::ZERO).build().unwrap_err();
/// assert_eq!(error.to_string(), "`interval`: zero");
/// # Ok::<(), gusset_history::ConfigError>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct HistoryBuilder {
    limits: Limits,
    recorder: Option<SharedRecorder>,
}

// === impl History ===

impl History {
    /// Returns a builder: 4 MiB for an hour at 10 s by default.
    pub fn builder() -> HistoryBuilder {
        HistoryBuilder::new()
    }
}

// === impl HistoryBuilder ===

impl HistoryBuilder {
    fn new() -> Self {
        Self {
            limits: Limits {
                memory: DEFAULT_MEMORY_LIMIT_BYTES,
                retention: DEFAULT_RETENTION,
                interval: DEFAULT_INTERVAL,
            },
            recorder: None,
        }
    }

    /// Sets the memory for series and readings, in bytes. Defaults to 4 MiB.
    ///
    /// When it is used up, the oldest readings are dropped. Series may take half of it before there is any reading;
    /// further series are not kept. Both are counted ([`names`](crate::names)). Labels count if the producer
    /// has forgotten them; a registry shares its own. The overhead of the allocator is not counted.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.limits.memory = bytes;
        self
    }

    /// Sets how long readings are kept, if the memory suffices. Defaults to one hour.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.limits.retention = retention;
        self
    }

    /// Sets the time between two readings. Defaults to 10 s. After more than two intervals there is a gap.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.limits.interval = interval;
        self
    }

    /// Sets the recorder of the history's own metrics ([`names`](crate::names)). By default they are not recorded.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Builds the history.
    ///
    /// # Errors
    /// If the memory is less than 16 KiB, the interval is zero, or the retention is shorter than two intervals.
    pub fn build(self) -> Result<History, ConfigError> {
        let Self { limits, recorder } = self;
        if limits.memory < MIN_MEMORY_LIMIT_BYTES {
            let problem = format!("less than {MIN_MEMORY_LIMIT_BYTES} bytes");
            return Err(ConfigError::new("memory_limit", problem));
        }
        if limits.interval.is_zero() {
            return Err(ConfigError::new("interval", "zero"));
        }
        if limits.retention < limits.interval.saturating_mul(2) {
            return Err(ConfigError::new("retention", "less than two intervals"));
        }
        let recorder = recorder.map(contain_recorder);
        let metrics = recorder.map(|recorder| HistoryMetrics::new(&recorder));
        Ok(History::new(Store::new(limits), metrics))
    }
}

impl fmt::Debug for HistoryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistoryBuilder")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
