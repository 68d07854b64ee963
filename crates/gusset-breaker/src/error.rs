//! The error of a rejected call.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use gusset_core::Rejected;

use crate::State;
use crate::shared::{Core, Denied};

/// The breaker rejected the call. The service was not called.
///
/// Its `source()` is [`Rejected`], so that outer observers record a rejection and not a failure of
/// the service. Created without an allocation.
///
/// ```
/// use gusset_breaker::{CircuitBreaker, State};
/// use std::time::Duration;
///
/// let breaker = CircuitBreaker::builder("stock").build()?;
/// breaker.trip();
/// let open = breaker.try_acquire().unwrap_err();
/// assert_eq!((open.breaker(), open.state()), ("stock", State::Open));
/// assert!(open.retry_after().is_some_and(|after| after <= Duration::from_secs(6)));
/// # Ok::<(), gusset_breaker::ConfigError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CircuitOpen {
    rejected: Rejected,
    state: State,
}

// === impl CircuitOpen ===

impl CircuitOpen {
    pub(crate) fn new(core: &Core, denied: Denied) -> Self {
        let rejected = Rejected::from_arc(core.name.clone());
        Self {
            rejected: match denied.retry_after {
                Some(after) => rejected.with_retry_after(after),
                None => rejected,
            },
            state: denied.state,
        }
    }

    /// Returns the name of the breaker.
    pub fn breaker(&self) -> &str {
        self.rejected.rejected_by()
    }

    /// Returns the state that rejected the call: open, half-open without a free permit, or forced
    /// open.
    pub fn state(&self) -> State {
        self.state
    }

    /// Returns the time after which a retry may succeed, or `None` if the breaker is forced open.
    pub fn retry_after(&self) -> Option<Duration> {
        self.rejected.retry_after()
    }

    /// Returns the marker by which observers recognize a rejection.
    pub fn rejected(&self) -> &Rejected {
        &self.rejected
    }
}

impl fmt::Display for CircuitOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "circuit breaker is {}", self.state)
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for CircuitOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for CircuitOpen {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.rejected)
    }
}
