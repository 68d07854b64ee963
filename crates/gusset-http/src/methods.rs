//! The methods that may become a label.

use std::fmt;
use std::sync::Once;

use gusset_core::{ConfigError, Env};

/// The known methods; every other method is `_OTHER`. Case matters.
///
/// Defaults to the list of semantic conventions 1.44. The environment variable
/// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` replaces the whole list ([`from_env`](Self::from_env)).
///
/// ```
/// use gusset_http::KnownMethods;
///
/// let known = KnownMethods::default();
/// assert_eq!(known.name(known.index("GET")), "GET");
/// assert_eq!(known.name(known.index("BREW")), "_OTHER");
/// ```
#[derive(Clone, Debug)]
pub struct KnownMethods {
    names: Vec<String>,
    /// The indexes of the methods of nearly all requests.
    get: usize,
    post: usize,
}

/// An invalid list of methods.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownMethodsError {
    reason: &'static str,
}

const STANDARD: [&str; 10] = [
    "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY",
];

// === impl KnownMethods ===

impl KnownMethods {
    /// The environment variable that replaces the list.
    pub const ENV: &'static str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";

    /// The value that is reported for every method that is not known.
    pub const OTHER: &'static str = "_OTHER";

    /// Creates a custom list.
    ///
    /// # Errors
    /// If the list is empty, has more than 64 methods, or one that is not an HTTP token.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, KnownMethodsError> {
        let mut list: Vec<String> = Vec::new();
        for name in names {
            if http::Method::from_bytes(name.as_bytes()).is_err() {
                return Err(KnownMethodsError {
                    reason: "a method is not an HTTP token",
                });
            }
            // `_OTHER` has an index already.
            if name != Self::OTHER && !list.iter().any(|known| known == name) {
                list.push(name.to_owned());
            }
        }
        match list.len() {
            0 => Err(KnownMethodsError {
                reason: "the list is empty",
            }),
            1..=64 => Ok(Self::from_names(list)),
            _ => Err(KnownMethodsError {
                reason: "more than 64 methods",
            }),
        }
    }

    /// Returns the list of `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, or the default one if the
    /// variable is unset. A value that is not valid Unicode is ignored with one warning.
    ///
    /// # Errors
    /// If the variable is not a list of methods.
    pub fn from_env(env: Env<'_>) -> Result<Self, ConfigError> {
        let list = env.var(Self::ENV).unwrap_or_else(|error| {
            // Each signal reads the variable.
            static WARNED: Once = Once::new();
            WARNED.call_once(|| {
                tracing::warn!(target: "gusset::http", "ignoring {error}; the default is used");
            });
            None
        });
        let list = list.unwrap_or_default();
        Self::parse(&list).map_err(|error| ConfigError::new(Self::ENV, error))
    }

    /// Parses a list as in the environment variable: names separated by commas. A blank list is the
    /// default one.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn parse(list: &str) -> Result<Self, KnownMethodsError> {
        if list.trim().is_empty() {
            return Ok(Self::default());
        }
        Self::new(
            list.split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty()),
        )
    }

    fn from_names(names: Vec<String>) -> Self {
        let mut this = Self {
            names,
            get: 0,
            post: 0,
        };
        this.get = this.index("GET");
        this.post = this.index("POST");
        this
    }

    /// Returns the index of a method, as [`index`](Self::index) does. Compares no text for `GET` and
    /// `POST`.
    #[inline]
    pub fn index_of(&self, method: &http::Method) -> usize {
        match *method {
            http::Method::GET => self.get,
            http::Method::POST => self.post,
            _ => self.index(method.as_str()),
        }
    }

    /// Returns the number of values that the label can take, `_OTHER` included.
    pub fn count(&self) -> usize {
        self.names.len() + 1
    }

    /// Returns the index of a method, or zero if it is not known.
    #[inline]
    pub fn index(&self, method: &str) -> usize {
        self.names
            .iter()
            .position(|known| known == method)
            .map_or(0, |at| at + 1)
    }

    /// Returns the name at an index, or `_OTHER`.
    #[inline]
    pub fn name(&self, index: usize) -> &str {
        index
            .checked_sub(1)
            .and_then(|at| self.names.get(at))
            .map_or(Self::OTHER, String::as_str)
    }
}

impl Default for KnownMethods {
    fn default() -> Self {
        Self::from_names(STANDARD.map(str::to_owned).to_vec())
    }
}

// === impl KnownMethodsError ===

impl fmt::Display for KnownMethodsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for KnownMethodsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for KnownMethodsError {}
