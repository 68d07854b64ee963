//! What is said of a thing's health, and what a check reports.

use std::borrow::Cow;
use std::fmt;

/// What is said of the health of a thing.
///
/// ```
/// use gusset_health::Status;
///
/// assert_eq!(Status::Degraded.as_str(), "degraded");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It works.
    Up,
    /// It works, and not as well as it should.
    Degraded,
    /// It does not work.
    Down,
    /// Nothing is known: no result yet, or none for too long. Never "the last good one for ever".
    Unknown,
}

/// What one run of a check found.
///
/// Made of what an async function returns: `()` is up, a `Result` is up or down by its error's
/// text; `degraded` is said by name.
///
/// ```
/// use gusset_health::{Report, Status};
///
/// assert_eq!(Report::from(()).status(), Status::Up);
/// let refused: Result<(), &str> = Err("connection refused");
/// assert_eq!(Report::from(refused).status(), Status::Down);
/// let slow = Report::degraded("replica 40 s behind");
/// assert_eq!(slow.message(), Some("replica 40 s behind"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    status: Status,
    message: Option<Cow<'static, str>>,
}

// === impl Status ===

impl Status {
    /// All of them, in the order of the metrics' series.
    pub const ALL: [Self; 4] = [Self::Up, Self::Degraded, Self::Down, Self::Unknown];

    /// The status as a label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it works: up or degraded.
    pub const fn works(self) -> bool {
        matches!(self, Self::Up | Self::Degraded)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Report ===

impl Report {
    /// It works.
    pub const fn up() -> Self {
        Self {
            status: Status::Up,
            message: None,
        }
    }

    /// It works, and not as well as it should.
    pub fn degraded(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: Status::Degraded,
            message: Some(message.into()),
        }
    }

    /// It does not work.
    pub fn down(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: Status::Down,
            message: Some(message.into()),
        }
    }

    /// With a message, for the details: it is seen only on the management listener or with a token.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// What was found.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The message, if there is one.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

impl From<()> for Report {
    fn from((): ()) -> Self {
        Self::up()
    }
}

impl<T, E: fmt::Display> From<Result<T, E>> for Report
where
    T: Into<Self>,
{
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(found) => found.into(),
            Err(error) => Self::down(error.to_string()),
        }
    }
}
