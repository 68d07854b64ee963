//! Settings that an operator may change for a limited time.

use std::time::Duration;

use gusset_data::{SharedStr, StateTree};

use crate::{ConfigError, TARGET};

/// A setting that an operator may change for a limited time: the filter of the log.
///
/// It reverts by itself when the time is over. The page only requests the change.
///
/// ```
/// use std::sync::Mutex;
/// use std::time::Duration;
///
/// use gusset_data::StateTree;
/// use gusset_ops::{ConfigError, TemporarySetting};
///
/// struct Greeting(Mutex<String>);
///
/// impl TemporarySetting for Greeting {
///     fn current(&self) -> StateTree {
///         self.0.lock().expect("no panic").clone().into()
///     }
///     fn set(&self, value: &str, _time: Duration) -> Result<(), ConfigError> {
///         *self.0.lock().expect("no panic") = value.to_owned(); // and starts a timer
///         Ok(())
///     }
///     fn revert(&self) {
///         *self.0.lock().expect("no panic") = "hello".to_owned();
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a setting that the operations page can change",
    label = "does not implement `TemporarySetting`"
)]
pub trait TemporarySetting: Send + Sync + 'static {
    /// Returns the value that applies now.
    fn current(&self) -> StateTree;

    /// Sets the value. It must revert when the time is over.
    ///
    /// # Errors
    /// If the value is not valid. The value before it stays.
    fn set(&self, value: &str, time: Duration) -> Result<(), ConfigError>;

    /// Reverts to the value before the change. Does nothing if it was not changed.
    fn revert(&self);
}

/// A setting with its name.
pub(crate) struct Setting {
    name: SharedStr,
    setting: Box<dyn TemporarySetting>,
}

/// What a request does to a setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Set { value: String, seconds: u64 },
    Revert,
}

/// The time of a change that names none, in seconds.
pub(crate) const DEFAULT_SECONDS: u64 = 600;

/// The longest time of a change, in seconds: a day.
pub(crate) const MAX_SECONDS: u64 = 86_400;

// === impl Setting ===

impl Setting {
    pub(crate) fn new(name: SharedStr, setting: impl TemporarySetting) -> Self {
        Self {
            name,
            setting: Box::new(setting),
        }
    }

    pub(crate) fn name(&self) -> &SharedStr {
        &self.name
    }

    pub(crate) fn current(&self) -> StateTree {
        self.setting.current()
    }

    /// Applies a change, and logs what was changed to what.
    pub(crate) fn apply(&self, change: &Change) -> Result<(), ConfigError> {
        let setting = &*self.name;
        match change {
            Change::Set { value, seconds } => {
                self.setting.set(value, Duration::from_secs(*seconds))?;
                tracing::warn!(target: TARGET, setting, value, seconds, "an operator changes a setting");
            }
            Change::Revert => {
                self.setting.revert();
                tracing::warn!(target: TARGET, setting, "an operator reverts a setting");
            }
        }
        Ok(())
    }
}

// === impl Change ===

impl Change {
    /// Reads the parameters of a request.
    pub(crate) fn of_query(query: &str) -> Result<Self, String> {
        let (mut value, mut seconds, mut reverts) = (None, DEFAULT_SECONDS, false);
        for (key, text) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "value" => value = Some(text.into_owned()),
                "seconds" => {
                    let parsed = text.parse().ok();
                    let parsed = parsed.filter(|it| (1..=MAX_SECONDS).contains(it));
                    let problem = || format!("`seconds`: not a number from 1 to {MAX_SECONDS}");
                    seconds = parsed.ok_or_else(problem)?;
                }
                "revert" => reverts = true,
                "confirm" => {}
                key => return Err(format!("`{}`: unknown", key.escape_default())),
            }
        }
        match (value, reverts) {
            (None, true) => Ok(Self::Revert),
            (Some(value), false) => Ok(Self::Set { value, seconds }),
            _ => Err("one of `value` and `revert` is needed".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_has_a_value_and_a_limited_time() {
        let of = Change::of_query;
        let set = |value: &str, seconds| Change::Set {
            value: value.to_owned(),
            seconds,
        };
        assert_eq!(
            of("value=warn%2Cshop%3Ddebug"),
            Ok(set("warn,shop=debug", 600))
        );
        assert_eq!(of("value=off&seconds=60&confirm=x"), Ok(set("off", 60)));
        assert_eq!(of("revert=&confirm=x"), Ok(Change::Revert));
        for invalid in [
            "",
            "value=x&revert=",
            "value=x&seconds=0",
            "value=x&seconds=86401",
            "a=b",
        ] {
            assert!(of(invalid).is_err(), "{invalid}");
        }
    }
}
