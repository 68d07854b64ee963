//! The mark of a rejected call.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The mark of a call that an admission policy rejected, so that observers further out do not take it
/// for an error of the service.
///
/// It is in the response's extensions if the policy answers with a response, and on the `source()`
/// chain of the error if the call fails.
///
/// ```
/// use gusset_core::Rejected;
/// use std::time::Duration;
///
/// let rejected = Rejected::new("stock").with_retry_after(Duration::from_secs(2));
/// assert_eq!(rejected.to_string(), "rejected by stock");
///
/// let error: Box<dyn std::error::Error> = rejected.into();
/// let found = Rejected::find_in(&*error).expect("a rejection");
/// assert_eq!((found.rejected_by(), found.retry_after()), ("stock", Some(Duration::from_secs(2))));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Rejected {
    policy: Name,
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
    /// Creates the mark of the policy with this name.
    pub fn new(policy: impl Into<Cow<'static, str>>) -> Self {
        Self {
            policy: Name::Own(policy.into()),
            retry_after: None,
        }
    }

    /// Creates the mark of a policy that shares its name with all of its rejections. Allocates nothing.
    ///
    /// ```
    /// use gusset_core::Rejected;
    /// use std::sync::Arc;
    ///
    /// let name: Arc<str> = "stock".into();
    /// assert_eq!(Rejected::from_arc(name.clone()), Rejected::new("stock"));
    /// ```
    pub fn from_arc(policy: Arc<str>) -> Self {
        Self {
            policy: Name::Shared(policy),
            retry_after: None,
        }
    }

    /// Sets the delay after which a retry is worthwhile.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// Returns the name of the policy that rejected the call.
    pub fn rejected_by(&self) -> &str {
        self.policy.as_str()
    }

    /// Returns the delay after which a retry is worthwhile, if the policy knows it.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns the mark on an error or on one of its sources.
    pub fn find_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        crate::source_chain::find_cause(error)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rejected by {}", self.rejected_by())
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
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
