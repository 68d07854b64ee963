//! What a part shows of its state.

#[cfg(feature = "serde")]
mod serialized;

use std::fmt;
use std::time::Duration;

use crate::{Redaction, SharedStr, Value};

/// The state of a part as a tree of values: what an incident report and an operations page show.
///
/// Fields keep their order. A value that is not known is [`Unknown`](Self::Unknown), and not zero. `Display` is for people.
///
/// ```
/// use gusset_data::StateTree;
///
/// let state = StateTree::fields([
///     ("state", "open".into()),
///     ("failures", 7_u64.into()),
///     ("slow", None::<u64>.into()),
/// ]);
/// assert_eq!(state.to_string(), "state: open\nfailures: 7\nslow: unknown\n");
/// assert_eq!(state.get("state"), Some(&"open".into()));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum StateTree {
    /// Not known.
    #[default]
    Unknown,
    /// One value.
    Value(Value),
    /// Several, in an order that has a meaning or is stable.
    List(Vec<StateTree>),
    /// Named ones, in the order in which they are shown.
    Fields(Vec<(SharedStr, StateTree)>),
}

/// A part that shows its state: health, breakers, objectives, findings, settings.
///
/// Who shows states is given some of these with a name for each, and so depends on no part. A closure that returns a
/// [`StateTree`] is one too.
///
/// ```
/// use gusset_data::{ShowState, StateTree};
///
/// struct Cache {
///     entries: u64,
/// }
///
/// impl ShowState for Cache {
///     fn show_state(&self) -> StateTree {
///         StateTree::fields([("entries", self.entries.into())])
///     }
/// }
///
/// let parts: [(&str, Box<dyn ShowState>); 2] = [
///     ("cache", Box::new(Cache { entries: 3 })),
///     ("version", Box::new(|| "1.2".into())),
/// ];
/// assert_eq!(parts[1].1.show_state().to_string(), "1.2\n");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not show its state",
    label = "does not return a `StateTree`",
    note = "implement `ShowState`, or pass a closure that returns a `StateTree`"
)]
pub trait ShowState: Send + Sync + 'static {
    /// Returns the state now.
    ///
    /// It is called for a report or a page, and not for each call, so it may allocate. It must return soon, and must not
    /// have secrets that are not fields with a name of [`SecretKeys`](gusset_core::SecretKeys).
    fn show_state(&self) -> StateTree;
}

impl<F: Fn() -> StateTree + Send + Sync + 'static> ShowState for F {
    fn show_state(&self) -> StateTree {
        self()
    }
}

// === impl StateTree ===

impl StateTree {
    /// Creates a tree of named ones.
    pub fn fields<K: Into<SharedStr>>(fields: impl IntoIterator<Item = (K, Self)>) -> Self {
        let fields = fields.into_iter().map(|(key, value)| (key.into(), value));
        Self::Fields(fields.collect())
    }

    /// Creates a list.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// Returns the field with this name. `None` if there is none, or if this has no fields.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Fields(fields) = self else {
            return None;
        };
        let mut fields = fields.iter();
        fields.find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Returns the tree without its secrets: fields by name, with all that is below them, and parts of texts.
    ///
    /// ```
    /// use gusset_data::{Redaction, StateTree};
    ///
    /// let settings = StateTree::fields([("db", StateTree::fields([("password", "s3cret".into())]))]);
    /// let shown = settings.redacted(&Redaction::default());
    /// assert_eq!(shown.to_string(), "db:\n  password: REDACTED\n");
    /// ```
    #[must_use]
    pub fn redacted(self, redaction: &Redaction) -> Self {
        self.redacted_as("", redaction)
    }

    fn redacted_as(self, name: &str, redaction: &Redaction) -> Self {
        match self {
            Self::Unknown => Self::Unknown,
            Self::Value(value) => Self::Value(redaction.redact_value(name, value)),
            Self::List(items) => {
                let items = items.into_iter();
                Self::list(items.map(|item| item.redacted_as(name, redaction)))
            }
            Self::Fields(fields) => {
                let is_secret = redaction.has_key(name);
                Self::fields(fields.into_iter().map(|(key, value)| {
                    // Everything below a secret is secret.
                    let below = if is_secret { name } else { &*key };
                    let value = value.redacted_as(below, redaction);
                    (key, value)
                }))
            }
        }
    }

    /// Writes the tree with this indentation, after what is on the line already.
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        match self {
            Self::Unknown => writeln!(f, " unknown"),
            Self::Value(value) => writeln!(f, " {value}"),
            Self::List(items) if items.is_empty() => writeln!(f, " none"),
            Self::Fields(fields) if fields.is_empty() => writeln!(f, " none"),
            Self::List(items) => {
                writeln!(f)?;
                items.iter().try_for_each(|item| {
                    write!(f, "{:1$}-", "", 2 * depth)?;
                    item.write(f, depth + 1)
                })
            }
            Self::Fields(fields) => {
                writeln!(f)?;
                write_fields(f, fields, depth)
            }
        }
    }
}

fn write_fields(
    f: &mut fmt::Formatter<'_>,
    fields: &[(SharedStr, StateTree)],
    depth: usize,
) -> fmt::Result {
    fields.iter().try_for_each(|(key, value)| {
        write!(f, "{:1$}{key}:", "", 2 * depth)?;
        value.write(f, depth + 1)
    })
}

impl fmt::Display for StateTree {
    /// Writes one value on a line, indented by two spaces for each level.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => writeln!(f, "unknown"),
            Self::Value(value) => writeln!(f, "{value}"),
            Self::Fields(fields) => write_fields(f, fields, 0),
            Self::List(items) => items.iter().try_for_each(|item| {
                f.write_str("-")?;
                item.write(f, 1)
            }),
        }
    }
}

impl<V: Into<Value>> From<V> for StateTree {
    fn from(value: V) -> Self {
        Self::Value(value.into())
    }
}

impl<V: Into<Value>> From<Option<V>> for StateTree {
    /// Converts a value that may not be known.
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Unknown, Self::from)
    }
}

impl From<Duration> for StateTree {
    /// Converts a time to seconds.
    fn from(time: Duration) -> Self {
        time.as_secs_f64().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_indented() {
        let state = StateTree::fields([
            ("empty", StateTree::list([])),
            (
                "checks",
                StateTree::list([
                    StateTree::fields([("name", "db".into()), ("status", "up".into())]),
                    "other".into(),
                ]),
            ),
        ]);
        let text = "empty: none\nchecks:\n  -\n    name: db\n    status: up\n  - other\n";
        assert_eq!(state.to_string(), text);
    }

    #[test]
    fn secrets_are_redacted_at_every_depth() {
        let secrets = StateTree::list(["a".into(), StateTree::fields([("b", 7_i64.into())])]);
        let state = StateTree::fields([
            ("tokens", "kept".into()),
            ("api_key", secrets),
            (
                "urls",
                StateTree::list(["redis://me:pw@h".into(), true.into()]),
            ),
        ]);
        let text = state.redacted(&Redaction::default()).to_string();
        let expected = "tokens: kept\napi_key:\n  - REDACTED\n  -\n    b: REDACTED\nurls:\n  - redis://REDACTED@h\n  - true\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn time_is_in_seconds() {
        assert_eq!(StateTree::from(Duration::from_millis(1500)), 1.5.into());
    }
}
