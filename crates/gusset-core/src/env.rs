//! Environment variables, read in one way.

use std::env::VarError;
use std::fmt;

use crate::ConfigError;

/// The environment variables that a builder reads: those of the process, or given ones.
///
/// A variable that is empty or blank counts as unset, as OpenTelemetry specifies. One that is not
/// valid Unicode is an error and never read lossily.
///
/// ```
/// use gusset_core::Env;
///
/// let env = Env::from_fn(&|name| (name == "OTEL_SERVICE_NAME").then(|| "shop".to_owned()));
/// assert_eq!(env.var("OTEL_SERVICE_NAME"), Ok(Some("shop".to_owned())));
/// assert_eq!(env.var("OTEL_SDK_DISABLED"), Ok(None));
/// ```
#[derive(Clone, Copy)]
pub struct Env<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Process,
    Function(&'a dyn Fn(&str) -> Option<String>),
    Layer(&'a dyn Fn(&str) -> Result<Option<String>, ConfigError>),
}

// === impl Env ===

impl<'a> Env<'a> {
    /// Returns the environment of the process.
    pub const fn process() -> Self {
        Self(Source::Process)
    }

    /// Returns the environment that `lookup` describes, for tests and for services that read their
    /// configuration elsewhere.
    pub fn from_fn(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self(Source::Function(lookup))
    }

    /// Returns an environment of variables that may be unreadable: `lookup` can ask another environment, and
    /// return what a file sets instead.
    ///
    /// ```
    /// use gusset_core::Env;
    ///
    /// let process = Env::process();
    /// let or_default = |name: &str| Ok(process.var(name)?.or(Some("default".to_owned())));
    /// let env = Env::from_lookup(&or_default);
    /// assert_eq!(env.var("A_VARIABLE_THAT_IS_NOT_SET"), Ok(Some("default".to_owned())));
    /// ```
    pub fn from_lookup(lookup: &'a dyn Fn(&str) -> Result<Option<String>, ConfigError>) -> Self {
        Self(Source::Layer(lookup))
    }

    /// Returns the trimmed value of a variable, or `None` if it is unset or blank.
    ///
    /// # Errors
    /// If the value is not valid Unicode. The error names the variable and does not show its value.
    pub fn var(&self, name: &str) -> Result<Option<String>, ConfigError> {
        let value = match self.0 {
            Source::Process => match std::env::var(name) {
                Ok(value) => Some(value),
                Err(VarError::NotPresent) => None,
                Err(VarError::NotUnicode(_)) => {
                    return Err(ConfigError::new(name, "not valid Unicode"));
                }
            },
            Source::Function(lookup) => lookup(name),
            Source::Layer(lookup) => lookup(name)?,
        };
        Ok(value
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty()))
    }

    /// Returns the first of these variables that is set, with its name.
    ///
    /// # Errors
    /// As [`var`](Self::var).
    pub fn first<N: AsRef<str>>(
        &self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Option<(N, String)>, ConfigError> {
        for name in names {
            if let Some(value) = self.var(name.as_ref())? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }
}

impl Default for Env<'_> {
    fn default() -> Self {
        Self::process()
    }
}

impl fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Process => "Env(process)",
            Source::Function(_) | Source::Layer(_) => "Env(function)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_variable_is_unset() {
        let env = Env::from_fn(&|name| match name {
            "A" => Some(" \t".into()),
            "B" => Some(" b ".into()),
            _ => None,
        });
        assert_eq!(env.var("A"), Ok(None));
        assert_eq!(env.var("B"), Ok(Some("b".into())));
        assert_eq!(env.first(["A", "C", "B"]), Ok(Some(("B", "b".into()))));
        assert_eq!(env.first(["A", "C"]), Ok(None));
    }

    #[test]
    fn process_environment_is_the_default() {
        assert!(
            Env::default()
                .var("CARGO_PKG_NAME")
                .is_ok_and(|name| name.is_some())
        );
    }
}
