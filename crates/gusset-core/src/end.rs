//! How a call ended, and what that is called.

use std::fmt;

use crate::{Failure, Protocol, StaticStr};

/// How a call ended, as the driver saw it. Every call has exactly one.
#[non_exhaustive]
pub enum End<'a, P: Protocol> {
    /// All of the response was handed out, with its trailers if it had any.
    Complete(Option<&'a P::Trailers>),
    /// The connection was handed over to another protocol; what follows is not seen from here.
    Upgraded,
    /// The service, or the body that it answered with, gave an error.
    Failed(Stage, Failure<'a>),
    /// Whoever was waiting for the response went away.
    Cancelled(Stage),
    /// The service or its body unwound.
    Panicked(Stage),
}

/// How far a call had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::exhaustive_enums,
    reason = "a response has a head and a body, and no third part"
)]
pub enum Stage {
    /// No response yet: the service was called and its future had not finished.
    Headers,
    /// The head of the response was handed out, its body was under way.
    Body,
}

/// What the end of a call is called. Decided once by the protocol's [`Classify`](crate::Classify),
/// so that log level, span status, labels and a breaker's verdict agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The caller got what it asked for.
    Success,
    /// The service answered that the caller is at fault.
    ClientError,
    /// The service is at fault.
    ServerError,
    /// The caller left. Says nothing of the service and is never an error.
    Cancelled,
    /// A guard refused the call before the service saw it.
    Rejected,
}

/// The protocol's judgement of an [`End`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Classification {
    /// What the end is called.
    pub outcome: Outcome,
    /// The protocol's own status, if one was given: `404`, `UNAVAILABLE`.
    pub status: Option<StaticStr>,
    /// OpenTelemetry's `error.type`, if the call is an error.
    pub error: Option<StaticStr>,
}

// === impl End ===

impl<P: Protocol> End<'_, P> {
    /// How far the call had come, for an end that is not complete.
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
    /// The stage as a label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::Body => "body",
        }
    }
}

// === impl Outcome ===

impl Outcome {
    /// The outcome as a label's value.
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
    /// A verdict without a status and without an error.
    #[inline]
    pub const fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            status: None,
            error: None,
        }
    }

    /// With the protocol's own status.
    #[must_use]
    #[inline]
    pub const fn with_status(mut self, status: Option<StaticStr>) -> Self {
        self.status = status;
        self
    }

    /// With the type of the error.
    #[must_use]
    #[inline]
    pub const fn with_error(mut self, error: StaticStr) -> Self {
        self.error = Some(error);
        self
    }

    /// The verdict on an end that speaks for itself, whatever the protocol: a refusal, an error, a
    /// panic, a caller gone. `None` for an end that the response decides.
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
