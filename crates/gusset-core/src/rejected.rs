//! The mark of a refusal.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The mark that a guard leaves on what it refuses, so that observers further out see a refusal for
/// what it is and not as a fault of the service.
///
/// It travels in the response's extensions where the guard answers, and somewhere on the `source()`
/// chain of the error where it fails the call.
///
/// ```
/// use gusset_core::Rejected;
/// use std::time::Duration;
///
/// let refused = Rejected::new("stock").with_retry_after(Duration::from_secs(2));
/// assert_eq!(refused.to_string(), "refused by stock");
///
/// let error: Box<dyn std::error::Error> = refused.into();
/// let found = Rejected::find_in(&*error).expect("a refusal");
/// assert_eq!((found.by(), found.retry_after()), ("stock", Some(Duration::from_secs(2))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    by: Name,
    retry_after: Option<Duration>,
}

#[derive(Clone)]
enum Name {
    Own(Cow<'static, str>),
    /// A refusal then allocates nothing, however the guard came by its name.
    Shared(Arc<str>),
}

// === impl Rejected ===

impl Rejected {
    /// A refusal by the guard of that name.
    pub fn new(by: impl Into<Cow<'static, str>>) -> Self {
        Self {
            by: Name::Own(by.into()),
            retry_after: None,
        }
    }

    /// A refusal by a guard that shares its name with all that it refuses. Allocates nothing.
    ///
    /// ```
    /// use gusset_core::Rejected;
    /// use std::sync::Arc;
    ///
    /// let name: Arc<str> = "stock".into();
    /// assert_eq!(Rejected::from_arc(name.clone()), Rejected::new("stock"));
    /// ```
    pub fn from_arc(by: Arc<str>) -> Self {
        Self {
            by: Name::Shared(by),
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
    pub fn rejected_by(&self) -> &str {
        self.by.as_str()
    }

    /// The time after which another try makes sense, if the guard knows it.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The mark on an error or on one of its sources.
    pub fn find_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        crate::failure::find_cause(error)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused by {}", self.rejected_by())
    }
}

impl Error for Rejected {}

// === impl Name ===

impl Name {
    fn as_str(&self) -> &str {
        match self {
            Self::Own(name) => name,
            Self::Shared(name) => name,
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Name {}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
