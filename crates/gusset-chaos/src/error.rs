//! The error that stands for an injected fault.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// The error of an injected fault: the argument of [`ChaosLayer::errors`](crate::ChaosLayer::errors), and the error of a
/// body that was cut.
///
/// The cause of an abort and of a cut body is an `io::Error`, so that `error.type`, retries and breakers take it
/// for a real one.
#[derive(Clone)]
pub struct InjectedError {
    rule: Arc<str>,
    kind: InjectedErrorKind,
    source: Option<Arc<io::Error>>,
}

/// What an [`InjectedError`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InjectedErrorKind {
    /// An error of the service.
    Error,
    /// The end of the connection. The cause is an `io::Error` of the kind `ConnectionReset`.
    Abort,
    /// The end of the connection within the body. The cause is an `io::Error` of the kind `UnexpectedEof`.
    TruncatedBody,
}

// === impl InjectedError ===

impl InjectedError {
    pub(crate) fn new(rule: Arc<str>, kind: InjectedErrorKind) -> Self {
        let source = match kind {
            InjectedErrorKind::Error => None,
            InjectedErrorKind::Abort => Some(io::ErrorKind::ConnectionReset),
            InjectedErrorKind::TruncatedBody => Some(io::ErrorKind::UnexpectedEof),
        };
        Self {
            rule,
            kind,
            source: source.map(|kind| Arc::new(kind.into())),
        }
    }

    /// Returns the name of the rule.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns what the error stands for.
    pub fn kind(&self) -> InjectedErrorKind {
        self.kind
    }
}

impl fmt::Display for InjectedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            InjectedErrorKind::Error => "error",
            InjectedErrorKind::Abort => "end of the connection",
            InjectedErrorKind::TruncatedBody => "end of the body",
        };
        write!(f, "injected {what}, by the rule `{}`", self.rule)
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for InjectedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InjectedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
