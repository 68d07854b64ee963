//! The time that a question is about.

use std::time::{Duration, Instant};

/// A span of time that ends at a given moment, which belongs to it. Its start does not.
///
/// ```
/// use std::time::Duration;
/// use gusset_history::Window;
///
/// let now = gusset_core::Clock::system().now();
/// let window = Window::new(now, Duration::from_secs(60));
/// assert_eq!(window.end(), now);
/// assert_eq!(window.length(), Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub(crate) end: Instant,
    pub(crate) length: Duration,
}

// === impl Window ===

impl Window {
    /// Creates the span of this length that ends at this time.
    pub const fn new(end: Instant, length: Duration) -> Self {
        Self { end, length }
    }

    /// Returns the end.
    pub const fn end(&self) -> Instant {
        self.end
    }

    /// Returns the length.
    pub const fn length(&self) -> Duration {
        self.length
    }

    /// Returns whether a time is after the start. Everything is, if the start is before the system's clock began.
    pub(crate) fn is_after_start(&self, at: Instant) -> bool {
        self.end
            .checked_sub(self.length)
            .is_none_or(|start| at > start)
    }
}
