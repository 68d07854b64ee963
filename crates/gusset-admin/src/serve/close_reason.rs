//! Why the server closes a connection that its peer did not end, counted and warned of once.

use gusset_data::SharedRecorder;
use metrics::{Counter, Label};

use crate::names;

/// Why a connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CloseReason {
    /// The server has as many connections as it may have.
    Full,
    /// One peer has as many connections as it may have.
    PeerLimit,
    /// The process has no descriptor for a new connection.
    NoDescriptors,
    /// The peer does not read its response.
    WriteTimeout,
}

/// Counts closed connections, and warns of the first one for each reason.
pub(super) struct Closures {
    counters: [Counter; CloseReason::ALL.len()],
    warned: [bool; CloseReason::ALL.len()],
}

// === impl CloseReason ===

impl CloseReason {
    const ALL: [Self; 4] = [
        Self::Full,
        Self::PeerLimit,
        Self::NoDescriptors,
        Self::WriteTimeout,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::PeerLimit => "peer_limit",
            Self::NoDescriptors => "no_descriptors",
            Self::WriteTimeout => "write_timeout",
        }
    }

    const fn explanation(self) -> &'static str {
        match self {
            Self::Full => {
                "all connections of the management server are in use: \
                 closing the one that has been idle or stalled longest for each new one"
            }
            Self::PeerLimit => {
                "one peer uses all connections to the management server that a peer may have: \
                 closing its own that has been idle or stalled longest for each new one"
            }
            Self::NoDescriptors => {
                "the process has no file descriptors left: the management server closes \
                 the connection that has been idle or stalled longest for each new one"
            }
            Self::WriteTimeout => {
                "a client of the management server does not read its response: \
                 closing the connection"
            }
        }
    }
}

// === impl Closures ===

impl Closures {
    pub(super) fn new(recorder: Option<&SharedRecorder>) -> Self {
        let counter = |reason: CloseReason| match recorder {
            Some(recorder) => names::CLOSED_CONNECTIONS.counter(
                recorder,
                vec![Label::from_static_parts(names::REASON, reason.as_str())],
            ),
            None => Counter::noop(),
        };
        if let Some(recorder) = recorder {
            names::CLOSED_CONNECTIONS.describe(recorder);
        }
        Self {
            counters: CloseReason::ALL.map(counter),
            warned: [false; CloseReason::ALL.len()],
        }
    }

    /// Counts a connection. Logs the first one for each reason only: what hostile clients do must not
    /// fill the log.
    pub(super) fn record(&mut self, reason: CloseReason) {
        self.counters[reason as usize].increment(1);
        if !std::mem::replace(&mut self.warned[reason as usize], true) {
            tracing::warn!(
                target: "gusset::admin",
                "{}. Further ones are counted in `{}` and not logged",
                reason.explanation(),
                names::CLOSED_CONNECTIONS.name,
            );
        }
    }
}
