//! The token that arms a layer, and why it is disarmed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_data::SteadyState;

/// A function that returns why the injection of faults must stop, or `None`.
pub(crate) type Guard = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// The token without which nothing is injected: how long, and on which conditions.
///
/// ```
/// use gusset_chaos::Arming;
/// use std::time::Duration;
///
/// let arming = Arming::for_at_most(Duration::from_secs(300))
///     .stop_when("error budget", || None)
///     .allow_production("game day of 27 November, announced to the on-call team");
/// ```
#[derive(Clone)]
#[must_use = "a token has an effect when it is passed to `Chaos::arm`"]
pub struct Arming {
    pub(crate) time_limit: Duration,
    pub(crate) dry_run: bool,
    pub(crate) production: Option<String>,
    pub(crate) guards: Vec<(String, Guard)>,
}

/// Why the injection of faults ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// [`Chaos::disarm`](crate::Chaos::disarm) was called.
    Disarmed,
    /// The time limit of the arming was reached.
    Expired,
    /// The budget was used up ([`Limits::budget`](crate::Limits::budget)).
    Budget,
    /// A condition of [`Arming::stop_when`] was met.
    Guard {
        /// The name of the condition.
        name: String,
        /// What it returned.
        reason: String,
    },
    /// [`Chaos::kill`](crate::Chaos::kill) was called.
    Killed,
}

/// Why a layer was not armed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArmError {
    /// The environment is a production environment, or may be one, and that was not allowed in words.
    Production {
        /// `deployment.environment.name`, if it is set.
        environment: Option<String>,
    },
    /// The time limit is zero or longer than a day.
    TimeLimit,
    /// It is armed already. Disarm it first.
    Armed,
    /// It was switched off for the life of the process.
    Killed,
    /// A condition to stop is met already.
    Guard {
        /// The name of the condition.
        name: String,
        /// What it returned.
        reason: String,
    },
}

/// The name of the condition that a [`SteadyState`] is.
pub(crate) const STEADY_STATE: &str = "steady state";

/// Returns a condition that is met outside of the steady state.
pub(crate) fn violation(state: impl SteadyState) -> impl Fn() -> Option<String> {
    move || Some(state.violation()?.to_string())
}

const MAX_TIME: Duration = Duration::from_secs(86_400);

// === impl Arming ===

impl Arming {
    /// Creates a token. The layer is disarmed after this time, which is at most a day.
    pub fn for_at_most(time_limit: Duration) -> Self {
        Self {
            time_limit,
            dry_run: false,
            production: None,
            guards: Vec::new(),
        }
    }

    /// Counts what would be injected, and injects nothing.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Allows a production environment, with the reason in at least two words. It is logged.
    pub fn allow_production(mut self, reason: impl Into<String>) -> Self {
        self.production = Some(reason.into());
        self
    }

    /// Stops when a function returns a reason: an objective is missed, a range is left, the service is not
    /// healthy.
    ///
    /// It is called when the layer is armed, then about once a second, and must not block. A panic in it stops too.
    pub fn stop_when(
        mut self,
        name: impl Into<String>,
        guard: impl Fn() -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.guards.push((name.into(), Arc::new(guard)));
        self
    }

    /// Stops when the service is not in its steady state: when it misses an objective or leaves a range. As
    /// [`stop_when`](Self::stop_when), which can also leave out what an experiment allows.
    pub fn steady_state(self, state: impl SteadyState) -> Self {
        self.stop_when(STEADY_STATE, violation(state))
    }

    /// Checks the token for an environment.
    pub(crate) fn check(&self, environment: Option<&str>) -> Result<(), ArmError> {
        if self.time_limit.is_zero() || self.time_limit > MAX_TIME {
            return Err(ArmError::TimeLimit);
        }
        let words = self.production.as_deref().unwrap_or_default();
        let is_allowed = words.split_whitespace().count() >= 2;
        match may_be_production(environment) && !is_allowed {
            true => Err(ArmError::Production {
                environment: environment.map(str::to_owned),
            }),
            false => Ok(()),
        }
    }
}

/// Returns whether an environment is production, by its usual names. One without a name may be.
pub(crate) fn may_be_production(environment: Option<&str>) -> bool {
    environment.is_none_or(|name| {
        let name = name.trim().to_ascii_lowercase();
        name.is_empty() || name.starts_with("prod") || name == "live" || name.ends_with("-prod")
    })
}

impl fmt::Debug for Arming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guards: Vec<_> = self.guards.iter().map(|(name, _)| name).collect();
        f.debug_struct("Arming")
            .field("time_limit", &self.time_limit)
            .field("dry_run", &self.dry_run)
            .field("production", &self.production)
            .field("guards", &guards)
            .finish()
    }
}

// === impl StopReason ===

impl StopReason {
    /// Returns the value of the label `gusset.chaos.reason`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Disarmed => "disarmed",
            Self::Expired => "expired",
            Self::Budget => "budget",
            Self::Guard { .. } => "guard",
            Self::Killed => "killed",
        }
    }

    /// Returns whether waits in progress end. The last fault of a budget is not cut short.
    pub(crate) fn releases(&self) -> bool {
        *self != Self::Budget
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disarmed => f.write_str("it was disarmed"),
            Self::Expired => f.write_str("its time limit was reached"),
            Self::Budget => f.write_str("its budget was used up"),
            Self::Guard { name, reason } => write!(f, "{name}: {reason}"),
            Self::Killed => f.write_str("it was switched off"),
        }
    }
}

// === impl ArmError ===

impl fmt::Display for ArmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Production { environment } => {
                match environment {
                    Some(name) => write!(f, "`deployment.environment.name` is {name}")?,
                    None => f.write_str(
                        "`deployment.environment.name` is not set, so this may be production",
                    )?,
                }
                f.write_str(": allow it with a reason of at least two words (`allow_production`)")
            }
            Self::TimeLimit => f.write_str("the time limit is zero or longer than a day"),
            Self::Armed => f.write_str("it is armed already: disarm it first"),
            Self::Killed => f.write_str("it was switched off for the life of the process"),
            Self::Guard { name, reason } => {
                write!(f, "a condition to stop is met already: {name}: {reason}")
            }
        }
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for ArmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ArmError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_without_a_name_may_be_production() {
        for name in [
            None,
            Some(""),
            Some("production"),
            Some("PROD-eu"),
            Some("live"),
        ] {
            assert!(may_be_production(name), "{name:?}");
        }
        for name in [Some("staging"), Some("test"), Some("dev"), Some("delivery")] {
            assert!(!may_be_production(name), "{name:?}");
        }
    }
}
