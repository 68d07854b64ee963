use gusset_core::Outcome;
use tracing::Level;
use tracing::level_filters::LevelFilter;

use super::probe;

/// How grave the line of a call is, by the call's outcome.
///
/// | outcome | level |
/// |---|---|
/// | success, the caller's fault, abandoned | `INFO` |
/// | refused by a guard | `WARN` |
/// | the service's fault | `ERROR` |
///
/// ```
/// use gusset_core::Outcome;
/// use gusset_log::{AccessLog, Levels};
/// use tracing::Level;
/// use tracing::level_filters::LevelFilter;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// let levels = Levels::default()
///     .with(Outcome::ClientError, Level::WARN)
///     .with(Outcome::Success, LevelFilter::OFF);
/// let log = AccessLog::server().levels(levels).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels([Option<Level>; 5]);

// === impl Levels ===

impl Levels {
    /// With lines of that level for calls of that outcome; with none of them, if it is
    /// [`LevelFilter::OFF`].
    #[must_use]
    pub fn with(mut self, outcome: Outcome, level: impl Into<LevelFilter>) -> Self {
        self.0[place(outcome)] = level.into().into_level();
        self
    }

    #[inline]
    pub(super) fn of(&self, outcome: Outcome) -> Option<Level> {
        self.0[place(outcome)]
    }

    /// Whether anybody wants a line of any of these levels.
    #[inline]
    pub(super) fn are_wanted(&self) -> bool {
        self.0
            .iter()
            .flatten()
            .any(|level| probe::is_wanted(*level))
    }
}

impl Default for Levels {
    fn default() -> Self {
        let mut levels = [Some(Level::INFO); 5];
        levels[place(Outcome::ServerError)] = Some(Level::ERROR);
        levels[place(Outcome::Rejected)] = Some(Level::WARN);
        Self(levels)
    }
}

/// An outcome that is not known here is judged as the service's fault: nobody overlooks it.
fn place(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Success => 0,
        Outcome::ClientError => 1,
        Outcome::Cancelled => 3,
        Outcome::Rejected => 4,
        _ => 2,
    }
}
