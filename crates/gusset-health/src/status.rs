//! The status of a service or a check, and the result of one run of a check.

use std::borrow::Cow;
use std::fmt;

use gusset_data::Redaction;

/// The health of a service or of a dependency.
///
/// ```
/// use gusset_health::Status;
///
/// assert_eq!(Status::Degraded.as_str(), "degraded");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Works.
    Up,
    /// Works, with reduced quality.
    Degraded,
    /// Does not work.
    Down,
    /// There is no result yet, or the last result is too old.
    Unknown,
}

/// The result of one run of a check.
///
/// Converts from the output of an async function: `()` is up, and a `Result` is up, or down with the
/// error's text as the message. Use [`degraded`](Self::degraded) for the status in between.
///
/// ```
/// use gusset_health::{CheckResult, Status};
///
/// assert_eq!(CheckResult::from(()).status(), Status::Up);
/// let refused: Result<(), &str> = Err("connection refused");
/// assert_eq!(CheckResult::from(refused).status(), Status::Down);
/// let slow = CheckResult::degraded("replica 40 s behind");
/// assert_eq!(slow.message(), Some("replica 40 s behind"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    status: Status,
    message: Option<Cow<'static, str>>,
}

// === impl Status ===

impl Status {
    /// All statuses, in the order of the metric's series.
    pub const ALL: [Self; 4] = [Self::Up, Self::Degraded, Self::Down, Self::Unknown];

    /// Returns the status as a label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }

    /// Returns whether the status is up or degraded.
    pub const fn is_available(self) -> bool {
        matches!(self, Self::Up | Self::Degraded)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl CheckResult ===

impl CheckResult {
    /// Creates a result with status [`Up`](Status::Up).
    pub const fn up() -> Self {
        Self {
            status: Status::Up,
            message: None,
        }
    }

    /// Creates a result with status [`Degraded`](Status::Degraded).
    pub fn degraded(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: Status::Degraded,
            message: Some(message.into()),
        }
    }

    /// Creates a result with status [`Down`](Status::Down).
    pub fn down(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: Status::Down,
            message: Some(message.into()),
        }
    }

    /// Adds a message. Only detailed responses show it.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Returns the result without the secrets in its message.
    pub(crate) fn redacted(mut self, redaction: &Redaction) -> Self {
        self.message = self.message.map(|message| redact(redaction, message));
        self
    }

    /// Returns the status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Returns the message, if there is one.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

/// Returns a text without its secrets. The text of an error often has the URL of a connection.
pub(crate) fn redact(redaction: &Redaction, text: Cow<'static, str>) -> Cow<'static, str> {
    let redacted = match redaction.redact(&text) {
        Cow::Owned(redacted) => Some(redacted),
        Cow::Borrowed(_) => None,
    };
    redacted.map_or(text, Cow::Owned)
}

impl From<()> for CheckResult {
    fn from((): ()) -> Self {
        Self::up()
    }
}

impl<T, E: fmt::Display> From<Result<T, E>> for CheckResult
where
    T: Into<Self>,
{
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => value.into(),
            Err(error) => Self::down(error.to_string()),
        }
    }
}
