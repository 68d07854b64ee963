//! The settings of a monitor.

use std::sync::Arc;
use std::time::Duration;

use gusset_core::Clock;
use gusset_http::RequestOptions;

use super::CallMonitor;
use super::routes::Routes;
use super::settings::{DEFAULT_LONG_POLL, Settings};

/// Configures and builds a [`CallMonitor`].
///
/// ```
/// use gusset_system::CallMonitor;
/// use std::time::Duration;
///
/// let monitor = CallMonitor::builder().long_poll(Duration::from_millis(10)).build();
/// ```
#[derive(Debug)]
#[must_use = "does nothing until `build` is called"]
pub struct CallMonitorBuilder {
    clock: Clock,
    long_poll: Duration,
    options: Arc<RequestOptions>,
}

// === impl CallMonitor ===

impl CallMonitor {
    /// Returns a builder.
    pub fn builder() -> CallMonitorBuilder {
        CallMonitorBuilder {
            clock: Clock::system(),
            long_poll: DEFAULT_LONG_POLL,
            options: Arc::default(),
        }
    }
}

// === impl CallMonitorBuilder ===

impl CallMonitorBuilder {
    /// Sets the length of a poll above which it is counted and logged. Defaults to 100 ms.
    ///
    /// A task that is polled for longer than 10 to 100 µs delays the other tasks of its thread, as the documentation
    /// of Tokio states; a service that is optimised for it may set 10 ms.
    pub fn long_poll(mut self, duration: Duration) -> Self {
        self.long_poll = duration;
        self
    }

    /// Sets the options by which routes are read, shared with the other signals.
    pub fn request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
        self
    }

    /// Sets the clock. It has to be that of the layer, because the start and the end of a call are read there.
    /// Defaults to the monotonic clock of the system.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the monitor. A clone of it is the same monitor.
    pub fn build(self) -> CallMonitor {
        let settings = Arc::new(Settings::new(self.clock, self.long_poll));
        CallMonitor {
            routes: Arc::new(Routes::new(&settings)),
            options: self.options,
        }
    }
}
