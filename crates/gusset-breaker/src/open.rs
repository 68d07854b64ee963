//! The refusal.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use gusset_core::Rejected;

use crate::State;
use crate::shared::{Core, Shut};

/// The breaker is open: the call was not made.
///
/// Made without an allocation. Has the mark [`Rejected`] as its `source()`, so that observers further
/// out see a refusal and not a fault of the service.
///
/// ```
/// use gusset_breaker::{Breaker, State};
/// use std::time::Duration;
///
/// let breaker = Breaker::builder("stock").build()?;
/// breaker.trip();
/// let open = breaker.try_acquire().unwrap_err();
/// assert_eq!((open.breaker(), open.state()), ("stock", State::Open));
/// assert!(open.retry_after().is_some_and(|left| left <= Duration::from_secs(6)));
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    refused: Rejected,
    state: State,
}

// === impl Open ===

impl Open {
    pub(crate) fn new(core: &Core, shut: Shut) -> Self {
        let refused = Rejected::from_arc(core.name.clone());
        Self {
            refused: match shut.left {
                Some(left) => refused.with_retry_after(left),
                None => refused,
            },
            state: shut.state,
        }
    }

    /// The breaker's name.
    pub fn breaker(&self) -> &str {
        self.refused.rejected_by()
    }

    /// The state that refuses: open, half-open with no probe to spare, or forced open.
    pub fn state(&self) -> State {
        self.state
    }

    /// The time until another try makes sense; `None` if only a hand can tell (forced open).
    pub fn retry_after(&self) -> Option<Duration> {
        self.refused.retry_after()
    }

    /// The mark that observers know.
    pub fn refused(&self) -> &Rejected {
        &self.refused
    }
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "circuit breaker is {}", self.state)
    }
}

impl Error for Open {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.refused)
    }
}
