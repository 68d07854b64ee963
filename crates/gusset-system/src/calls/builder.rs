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
    clock: Option<Clock>,
    long_poll: Duration,
    options: Arc<RequestOptions>,
}

// === impl CallMonitor ===

impl CallMonitor {
    /// Returns a builder.
    pub fn builder() -> CallMonitorBuilder {
        CallMonitorBuilder {
            clock: None,
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

    /// Sets the clock. Defaults to the counter of the processor if the kernel keeps time by it, as Linux does on most
    /// machines (`current_clocksource` is `tsc` or `arch_sys_counter`), and else to the monotonic clock of the system.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Builds the monitor. A clone of it is the same monitor.
    ///
    /// The first one of a process measures the rate of the counter: for some milliseconds, and at most for 200.
    pub fn build(self) -> CallMonitor {
        let settings = Arc::new(Settings::new(self.clock, self.long_poll));
        CallMonitor {
            routes: Routes::new(&settings),
            options: self.options,
        }
    }
}
