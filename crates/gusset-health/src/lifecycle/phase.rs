//! The phases of the life cycle.

use std::fmt;

/// The phase of a service. It never moves backwards.
///
/// ```
/// use gusset_health::Phase;
///
/// assert!(Phase::Draining > Phase::Ready);
/// assert_eq!(Phase::Draining.as_str(), "draining");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The service is starting, for example migrating a database or filling caches. It is not ready.
    Starting,
    /// The start is complete. Checks determine whether the service is ready.
    Ready,
    /// Shutdown has begun. Readiness fails, and requests are still served while load balancers remove
    /// this instance.
    Draining,
    /// The listener is closed. Requests in flight are finishing.
    Stopping,
    /// The shutdown is complete.
    Stopped,
}

// === impl Phase ===

impl Phase {
    /// All phases in order.
    pub const ALL: [Self; 5] = [
        Self::Starting,
        Self::Ready,
        Self::Draining,
        Self::Stopping,
        Self::Stopped,
    ];

    /// Returns the phase as a label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
