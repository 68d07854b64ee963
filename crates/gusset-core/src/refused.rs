//! The mark of a refusal.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The mark that a guard leaves on what it refuses, so that observers further out see a refusal for
/// what it is and not as a fault of the service.
///
/// It travels in the response's extensions where the guard answers, and somewhere on the `source()`
/// chain of the error where it fails the call.
///
/// ```
/// use gusset_core::Refused;
/// use std::time::Duration;
///
/// let refused = Refused::new("stock").with_retry_after(Duration::from_secs(2));
/// assert_eq!(refused.to_string(), "refused by stock");
///
/// let error: Box<dyn std::error::Error> = refused.into();
/// let found = Refused::find(&*error).expect("a refusal");
/// assert_eq!((found.by(), found.retry_after()), ("stock", Some(Duration::from_secs(2))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    by: Cow<'static, str>,
    retry_after: Option<Duration>,
}

// === impl Refused ===

impl Refused {
    /// A refusal by the guard of that name.
    pub fn new(by: impl Into<Cow<'static, str>>) -> Self {
        Self {
            by: by.into(),
            retry_after: None,
        }
    }

    /// With the time after which another try makes sense.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// The name of the guard.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// The time after which another try makes sense, if the guard knows it.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The mark on an error or on one of its sources.
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        crate::failure::find_cause(error)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused by {}", self.by)
    }
}

impl Error for Refused {}
