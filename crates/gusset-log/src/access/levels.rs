use gusset_core::Outcome;
use tracing::Level;
use tracing::level_filters::LevelFilter;

use super::enabled::is_enabled;

/// The level of an access log entry, by the outcome of the request.
///
/// | outcome | default |
/// |---|---|
/// | success, client error, cancelled | `INFO` |
/// | rejected | `WARN` |
/// | server error | `ERROR` |
///
/// ```
/// use gusset_core::Outcome;
/// use gusset_log::{AccessLog, OutcomeLevels};
/// use tracing::Level;
/// use tracing::level_filters::LevelFilter;
///
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// let levels = OutcomeLevels::default()
///     .with(Outcome::ClientError, Level::WARN)
///     .with(Outcome::Success, LevelFilter::OFF);
/// let log = AccessLog::server().levels(levels).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeLevels([Option<Level>; 5]);

// === impl OutcomeLevels ===

impl OutcomeLevels {
    /// Sets the level of an outcome. [`LevelFilter::OFF`] disables its entries.
    #[must_use]
    pub fn with(mut self, outcome: Outcome, level: impl Into<LevelFilter>) -> Self {
        self.0[index(outcome)] = level.into().into_level();
        self
    }

    #[inline]
    pub(super) fn level(&self, outcome: Outcome) -> Option<Level> {
        self.0[index(outcome)]
    }

    /// Returns whether a subscriber may accept an entry of any of these levels.
    #[inline]
    pub(super) fn any_enabled(&self) -> bool {
        self.0.iter().flatten().any(|level| is_enabled(*level))
    }
}

impl Default for OutcomeLevels {
    fn default() -> Self {
        let mut levels = [Some(Level::INFO); 5];
        levels[index(Outcome::ServerError)] = Some(Level::ERROR);
        levels[index(Outcome::Rejected)] = Some(Level::WARN);
        Self(levels)
    }
}

/// Returns the index of an outcome. Outcomes that are added later count as server errors, so that they
/// are not overlooked.
fn index(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Success => 0,
        Outcome::ClientError => 1,
        Outcome::Cancelled => 3,
        Outcome::Rejected => 4,
        _ => 2,
    }
}
