//! How a call ended, and its classification.

use std::fmt;

use crate::{Failure, Protocol, StaticStr};

/// How a call ended, as the driver observed it. Every call has exactly one end.
#[non_exhaustive]
pub enum End<'a, P: Protocol> {
    /// The whole response was sent, with its trailers if it had any.
    Complete(Option<&'a P::Trailers>),
    /// The connection was upgraded to another protocol; what follows is not observed.
    Upgraded,
    /// The service or its response body returned an error.
    Failed(Stage, Failure<'a>),
    /// The response was dropped before it was complete: the client left.
    Cancelled(Stage),
    /// The service or its response body panicked.
    Panicked(Stage),
}

/// How far a call had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::exhaustive_enums,
    reason = "a response has headers and a body, and no third part"
)]
pub enum Stage {
    /// The service was called and its future had not completed.
    Headers,
    /// The response headers were sent, and the body was in progress.
    Body,
}

/// The outcome of a call. Decided once, by the protocol's [`Classify`](crate::Classify), so that log
/// level, span status, labels and circuit breaker agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The client received what it requested.
    Success,
    /// The service reported an error of the client.
    ClientError,
    /// The service failed.
    ServerError,
    /// The client left. It is never an error and no evidence about the service.
    Cancelled,
    /// An admission policy rejected the call before it reached the service.
    Rejected,
}

/// The protocol's classification of an [`End`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Classification {
    /// The outcome.
    pub outcome: Outcome,
    /// The protocol's status, if there was one: `404`, `UNAVAILABLE`.
    pub status: Option<StaticStr>,
    /// OpenTelemetry's `error.type`, if the call is an error.
    pub error: Option<StaticStr>,
}

// === impl End ===

impl<P: Protocol> End<'_, P> {
    /// Returns how far the call had come, for an end that is not complete.
    pub fn stage(&self) -> Option<Stage> {
        match *self {
            Self::Complete(_) | Self::Upgraded => None,
            Self::Failed(stage, _) | Self::Cancelled(stage) | Self::Panicked(stage) => Some(stage),
        }
    }
}

impl<P: Protocol> Clone for End<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Protocol> Copy for End<'_, P> {}

impl<P: Protocol> fmt::Debug for End<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete(None) => f.write_str("Complete"),
            Self::Complete(Some(_)) => f.write_str("Complete(trailers)"),
            Self::Upgraded => f.write_str("Upgraded"),
            Self::Failed(stage, failure) => write!(f, "Failed({stage:?}, {failure:?})"),
            Self::Cancelled(stage) => write!(f, "Cancelled({stage:?})"),
            Self::Panicked(stage) => write!(f, "Panicked({stage:?})"),
        }
    }
}

// === impl Stage ===

impl Stage {
    /// Returns the stage as a label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::Body => "body",
        }
    }
}

// === impl Outcome ===

impl Outcome {
    /// Returns the outcome as a label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
        }
    }
}

// === impl Classification ===

impl Classification {
    /// Creates a classification without a status and without an error.
    #[inline]
    pub const fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            status: None,
            error: None,
        }
    }

    /// Sets the protocol's status.
    #[must_use]
    #[inline]
    pub const fn with_status(mut self, status: Option<StaticStr>) -> Self {
        self.status = status;
        self
    }

    /// Sets the type of the error.
    #[must_use]
    #[inline]
    pub const fn with_error(mut self, error: StaticStr) -> Self {
        self.error = Some(error);
        self
    }

    /// Returns the classification of an end that does not depend on the protocol: a rejection, an error,
    /// a panic, a client that left. `None` for an end that the response decides.
    #[inline]
    pub fn of_end<P: Protocol>(end: &End<'_, P>) -> Option<Self> {
        match end {
            End::Complete(_) | End::Upgraded => None,
            End::Cancelled(_) => Some(Self::new(Outcome::Cancelled)),
            End::Panicked(_) => Some(Self::new(Outcome::ServerError).with_error(StaticStr::PANIC)),
            End::Failed(_, failure) if failure.rejected().is_some() => {
                Some(Self::new(Outcome::Rejected).with_error(StaticStr::REJECTED))
            }
            End::Failed(_, failure) => {
                Some(Self::new(Outcome::ServerError).with_error(failure.error_type()))
            }
        }
    }
}
