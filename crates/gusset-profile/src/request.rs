//! What is taken.

use std::sync::mpsc;
use std::time::Duration;

/// What is profiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Cpu,
    Heap,
}

/// How a profile is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A compressed message `perftools.profiles.Profile`.
    Pprof,
    /// An SVG.
    #[cfg(feature = "flamegraph")]
    Flamegraph,
}

/// A profile that is to be taken.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(all(feature = "cpu", feature = "heap")),
    allow(dead_code, reason = "each kind reads some of them")
)]
pub(crate) struct ProfileRequest {
    pub(crate) kind: Kind,
    pub(crate) format: Format,
    pub(crate) duration: Duration,
    pub(crate) frequency: u16,
}

/// Waits for the end of the time of a profile.
#[derive(Debug)]
pub(crate) struct Timer {
    #[cfg_attr(not(feature = "cpu"), expect(dead_code, reason = "others do not wait"))]
    client: mpsc::Receiver<()>,
}

// === impl Timer ===

impl Timer {
    /// Creates a timer of a client that is gone when the sender is dropped.
    pub(crate) fn new(client: mpsc::Receiver<()>) -> Self {
        Self { client }
    }

    /// Waits this long. Returns whether the client has waited too.
    #[cfg(feature = "cpu")]
    pub(crate) fn wait(&self, duration: Duration) -> bool {
        self.client.recv_timeout(duration) == Err(mpsc::RecvTimeoutError::Timeout)
    }
}
