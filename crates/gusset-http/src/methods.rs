//! The methods that may become a label's value.

use std::fmt;

use gusset_core::{ConfigError, Env};

/// The methods that are known; every other is `_OTHER`.
///
/// The list of semantic conventions 1.44, or the one of the environment variable
/// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, which replaces it whole. Case counts.
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
    /// The places of the methods that nearly all requests have.
    get: usize,
    post: usize,
}

/// A list of known methods that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownMethodsError {
    what: &'static str,
}

const STANDARD: [&str; 10] = [
    "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY",
];

// === impl KnownMethods ===

impl KnownMethods {
    /// The variable that replaces the list.
    pub const ENV: &'static str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";

    /// What stands for every method that is not known.
    pub const OTHER: &'static str = "_OTHER";

    /// A list of one's own, case-sensitive.
    ///
    /// # Errors
    /// If it is empty, has more than 64 methods, or one that is no HTTP token.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, KnownMethodsError> {
        let mut list: Vec<String> = Vec::new();
        for name in names {
            if http::Method::from_bytes(name.as_bytes()).is_err() {
                return Err(KnownMethodsError {
                    what: "a method is not an HTTP token",
                });
            }
            // What stands for all others has its place already.
            if name != Self::OTHER && !list.iter().any(|known| known == name) {
                list.push(name.to_owned());
            }
        }
        match list.len() {
            0 => Err(KnownMethodsError {
                what: "no method is named",
            }),
            1..=64 => Ok(Self::of(list)),
            _ => Err(KnownMethodsError {
                what: "more than 64 methods are named",
            }),
        }
    }

    /// Returns the list of `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, or the default one if the
    /// variable is unset.
    ///
    /// # Errors
    /// If the variable is not a list of methods.
    pub fn from_env(env: Env<'_>) -> Result<Self, ConfigError> {
        let list = env.var(Self::ENV)?.unwrap_or_default();
        Self::parse(&list).map_err(|error| ConfigError::new(Self::ENV, error))
    }

    /// The list as the variable spells it: names with commas between them. Empty means unset.
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

    fn of(names: Vec<String>) -> Self {
        let mut this = Self {
            names,
            get: 0,
            post: 0,
        };
        this.get = this.index("GET");
        this.post = this.index("POST");
        this
    }

    /// As [`index`](Self::index), without a look at the text of the usual ones.
    #[inline]
    pub fn index_of(&self, method: &http::Method) -> usize {
        match *method {
            http::Method::GET => self.get,
            http::Method::POST => self.post,
            _ => self.index(method.as_str()),
        }
    }

    /// How many values the label may take, with that of the unknown.
    pub fn count(&self) -> usize {
        self.names.len() + 1
    }

    /// The place of a method in the list; zero for the unknown.
    #[inline]
    pub fn index(&self, method: &str) -> usize {
        self.names
            .iter()
            .position(|known| known == method)
            .map_or(0, |at| at + 1)
    }

    /// The name at a place of the list.
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
        Self::of(STANDARD.map(str::to_owned).to_vec())
    }
}

// === impl KnownMethodsError ===

impl fmt::Display for KnownMethodsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for KnownMethodsError {}
