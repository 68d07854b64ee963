//! Errors with their causes.

use std::error::Error;
use std::fmt;

use gusset_core::error_causes;

use crate::redaction::format_bounded;

/// Displays an error with its causes: `query failed: connection reset`.
///
/// A cause whose text is already at the end of the error before it is not repeated.
///
/// ```
/// use gusset_data::ErrorChain;
/// use std::io::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Other, "no disk");
/// assert_eq!(ErrorChain::new(&error).to_string(), "no disk");
/// ```
#[derive(Clone, Copy)]
pub struct ErrorChain<'a>(&'a (dyn Error + 'static));

// === impl ErrorChain ===

impl<'a> ErrorChain<'a> {
    /// Returns the error with its causes.
    pub fn new(error: &'a (dyn Error + 'static)) -> Self {
        Self(error)
    }
}

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = format_bounded(&format_args!("{}", self.0));
        f.write_str(&last)?;
        for cause in error_causes(self.0).skip(1) {
            let text = format_bounded(&format_args!("{cause}"));
            if !last.ends_with(&text) {
                f.write_str(": ")?;
                f.write_str(&text)?;
                last = text;
            }
        }
        Ok(())
    }
}

/// Writes the same as `Display`, so that it can be recorded as a value.
impl fmt::Debug for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Failed(&'static str, Option<Box<Failed>>);

    impl fmt::Display for Failed {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Failed {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|cause| cause as _)
        }
    }

    #[derive(Debug)]
    struct Circular;

    impl fmt::Display for Circular {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("circular")
        }
    }

    impl Error for Circular {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    #[test]
    fn causes_follow_the_error() {
        let reset = Failed("connection reset", None);
        let query = Failed("query failed", Some(Box::new(reset)));
        let order = Failed("no order", Some(Box::new(query)));
        let text = ErrorChain::new(&order).to_string();
        assert_eq!(text, "no order: query failed: connection reset");
    }

    #[test]
    fn cause_that_the_error_shows_is_not_repeated() {
        let reset = Failed("connection reset", None);
        let query = Failed("query failed: connection reset", Some(Box::new(reset)));
        assert_eq!(ErrorChain::new(&query).to_string(), query.0);
    }

    #[test]
    fn wrapped_and_shared_causes_are_shown() {
        let reset = std::io::Error::other(Failed("connection reset", None));
        let shared: std::sync::Arc<dyn Error + Send + Sync> = std::sync::Arc::new(reset);
        let query = std::io::Error::other(Shared(shared));
        let text = ErrorChain::new(&query).to_string();
        assert_eq!(text, "query failed: connection reset");
    }

    /// An error that hides its cause behind a pointer.
    #[derive(Debug)]
    struct Shared(std::sync::Arc<dyn Error + Send + Sync>);

    impl fmt::Display for Shared {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("query failed")
        }
    }

    impl Error for Shared {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn error_that_is_its_own_cause_ends() {
        assert_eq!(ErrorChain::new(&Circular).to_string(), "circular");
    }
}
