//! Parsing of environment variables, as OpenTelemetry specifies it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use gusset_core::Env;

use crate::diagnostics::SdkLogLevel;
use crate::pending_log::PendingLog;

/// Reads environment variables. Logs a warning for each invalid value and ignores it.
pub(crate) struct EnvReader<'a> {
    env: Env<'a>,
    pub(crate) log_level: SdkLogLevel,
    pub(crate) log: PendingLog,
    /// Warnings that were logged: each signal reads the variables for all signals.
    pub(super) warned: RefCell<BTreeSet<String>>,
}

// === impl EnvReader ===

impl<'a> EnvReader<'a> {
    /// Creates a reader that logs at the level of `OTEL_LOG_LEVEL`. Defaults to `info`.
    pub(crate) fn new(env: Env<'a>) -> Self {
        const LOG_LEVEL: &str = "OTEL_LOG_LEVEL";
        let mut this = Self {
            env,
            log_level: SdkLogLevel::Info,
            log: PendingLog::default(),
            warned: RefCell::default(),
        };
        if let Some(text) = this.var(LOG_LEVEL) {
            match SdkLogLevel::parse(&text) {
                Some(log_level) => this.log_level = log_level,
                None => this.warn_ignored(
                    LOG_LEVEL,
                    &text,
                    "not a log level; use `none`, `error`, `warn` or `info`",
                ),
            }
        }
        this
    }

    /// Returns the value of a variable, or `None` if it is unset, blank or not valid Unicode.
    pub(crate) fn var(&self, name: &str) -> Option<String> {
        self.env.var(name).unwrap_or_else(|error| {
            self.warn_once(format!("ignoring {error}; the default is used"));
            None
        })
    }

    /// Returns the first of these variables that is set, with its name.
    pub(crate) fn first<'n>(&self, names: &'n [String]) -> Option<(&'n str, String)> {
        names
            .iter()
            .find_map(|name| Some((name.as_str(), self.var(name)?)))
    }

    /// Returns the first of these variables that has a known value, with its name. Unknown values are
    /// ignored with a warning.
    pub(crate) fn first_known<'n, T>(
        &self,
        names: &'n [String],
        parse: impl Fn(&str) -> Option<T>,
        problem: &str,
    ) -> Option<(&'n str, T)> {
        names.iter().find_map(|name| {
            let text = self.var(name)?;
            let value = parse(&text);
            if value.is_none() {
                self.warn_ignored(name, &text, problem);
            }
            Some((name.as_str(), value?))
        })
    }

    /// Returns a Boolean. It is `true` only for the value `true`, without regard to case.
    pub(crate) fn flag(&self, name: &str) -> bool {
        let Some(text) = self.var(name) else {
            return false;
        };
        let flag = text.eq_ignore_ascii_case("true");
        if !flag && !text.eq_ignore_ascii_case("false") {
            self.warn_ignored(name, &text, "neither `true` nor `false`");
        }
        flag
    }

    /// Returns a positive duration in milliseconds. It is at most a year, so that it can be added to a
    /// time.
    pub(crate) fn millis(&self, name: &str) -> Option<Duration> {
        const MAX_DURATION: Duration = Duration::from_secs(365 * 24 * 3600);
        let millis = self.positive(name)?;
        Some(Duration::from_millis(millis).min(MAX_DURATION))
    }

    /// Returns a positive integer.
    pub(crate) fn count(&self, name: &str) -> Option<usize> {
        self.positive(name).and_then(|count| count.try_into().ok())
    }

    /// Returns a non-negative integer.
    pub(crate) fn limit(&self, name: &str) -> Option<usize> {
        let text = self.var(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.warn_ignored(name, &text, "not a non-negative integer");
        }
        parsed
    }

    fn positive(&self, name: &str) -> Option<u64> {
        let text = self.var(name)?;
        let parsed = text.parse().ok().filter(|number| *number > 0);
        if parsed.is_none() {
            self.warn_ignored(name, &text, "not a positive integer");
        }
        parsed
    }

    /// Logs, once, that a value is ignored. Must not be called with values that may be secret.
    pub(crate) fn warn_ignored(&self, name: &str, value: &str, problem: &str) {
        self.warn_once(format!("ignoring {name}: `{value}` is {problem}"));
    }

    /// Logs a warning, unless it was logged before.
    pub(crate) fn warn_once(&self, warning: String) {
        if !self.warned.borrow().contains(&warning) {
            if self.log_level >= SdkLogLevel::Warn {
                self.log.warn(warning.clone());
            }
            self.warned.borrow_mut().insert(warning);
        }
    }
}
