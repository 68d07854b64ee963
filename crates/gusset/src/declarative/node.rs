//! The tree of a file, in which each value knows its path.

use gusset_core::{ConfigError, Env};
use yaml_serde::Value;

use super::substitute::{Substituted, substitute};

/// A value of the file, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) path: String,
    value: &'a Value,
    env: Env<'a>,
}

/// A scalar after substitution.
enum Scalar {
    /// With the type that it has in the file.
    Plain(Value),
    /// With any type.
    Text(String),
}

// === impl Node ===

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value, env: Env<'a>) -> Self {
        Self {
            path: String::new(),
            value,
            env,
        }
    }

    pub(super) fn error(&self, reason: impl std::fmt::Display) -> ConfigError {
        ConfigError::new(
            if self.path.is_empty() {
                "."
            } else {
                &*self.path
            },
            reason,
        )
    }

    /// Returns the entries of a mapping, in the order of the file. Null is an empty one.
    pub(super) fn entries(&self) -> Result<Vec<(String, Node<'a>)>, ConfigError> {
        let mapping = match self.value {
            Value::Mapping(mapping) => mapping,
            Value::Null => return Ok(Vec::new()),
            _ => return Err(self.error("not a mapping")),
        };
        let entries = mapping.iter().map(|(key, value)| {
            let Value::String(key) = key else {
                return Err(self.error("a key is not a text"));
            };
            let path = match &*self.path {
                "" => key.clone(),
                path => format!("{path}.{key}"),
            };
            Ok((key.clone(), self.child(path, value)))
        });
        entries.collect()
    }

    /// Returns the items of a list.
    pub(super) fn items(&self) -> Result<Vec<Node<'a>>, ConfigError> {
        match self.value {
            Value::Sequence(items) => {
                let items = items.iter().enumerate();
                Ok(items
                    .map(|(at, item)| self.child(format!("{}[{at}]", self.path), item))
                    .collect())
            }
            _ => Err(self.error("not a list")),
        }
    }

    /// Returns the only entry of a mapping, which selects what its key names.
    pub(super) fn one(&self) -> Result<(String, Node<'a>), ConfigError> {
        let mut entries = self.entries()?;
        match entries.len() {
            1 => Ok(entries.remove(0)),
            count => Err(self.error(format_args!("has {count} keys instead of one"))),
        }
    }

    pub(super) fn text(&self) -> Result<Option<String>, ConfigError> {
        match self.scalar()? {
            Scalar::Plain(Value::Null) => Ok(None),
            Scalar::Plain(Value::String(text)) => Ok(Some(text)),
            Scalar::Text(text) => Ok((!text.is_empty()).then_some(text)),
            Scalar::Plain(_) => Err(self.error("not a text")),
        }
    }

    /// Returns any scalar as text.
    pub(super) fn any_text(&self) -> Result<Option<String>, ConfigError> {
        match self.scalar()? {
            Scalar::Plain(Value::Bool(value)) => Ok(Some(value.to_string())),
            Scalar::Plain(Value::Number(value)) => Ok(Some(value.to_string())),
            _ => self.text(),
        }
    }

    pub(super) fn boolean(&self) -> Result<Option<bool>, ConfigError> {
        match self.scalar()? {
            Scalar::Plain(Value::Null) => Ok(None),
            Scalar::Plain(Value::Bool(value)) => Ok(Some(value)),
            Scalar::Text(text) => match &*text.to_ascii_lowercase() {
                "" => Ok(None),
                "true" => Ok(Some(true)),
                "false" => Ok(Some(false)),
                _ => Err(self.error(format_args!("`{text}` is neither `true` nor `false`"))),
            },
            Scalar::Plain(_) => Err(self.error("neither `true` nor `false`")),
        }
    }

    /// Returns an integer that is not negative.
    pub(super) fn integer(&self) -> Result<Option<u64>, ConfigError> {
        const PROBLEM: &str = "not an integer from 0";
        match self.scalar()? {
            Scalar::Plain(Value::Null) => Ok(None),
            Scalar::Plain(Value::Number(number)) => {
                number.as_u64().map(Some).ok_or_else(|| self.error(PROBLEM))
            }
            Scalar::Text(text) if text.is_empty() => Ok(None),
            Scalar::Text(text) => {
                let parsed = match text.strip_prefix("0x") {
                    Some(hex) => u64::from_str_radix(hex, 16),
                    None => text.parse(),
                };
                parsed
                    .map(Some)
                    .map_err(|_| self.error(format_args!("`{text}` is {PROBLEM}")))
            }
            Scalar::Plain(_) => Err(self.error(PROBLEM)),
        }
    }

    /// Returns an integer from 1.
    pub(super) fn positive(&self) -> Result<Option<u64>, ConfigError> {
        match self.integer()? {
            Some(0) => Err(self.error("must be at least 1")),
            integer => Ok(integer),
        }
    }

    pub(super) fn number(&self) -> Result<Option<f64>, ConfigError> {
        const PROBLEM: &str = "not a number";
        match self.scalar()? {
            Scalar::Plain(Value::Null) => Ok(None),
            Scalar::Plain(Value::Number(number)) => {
                number.as_f64().map(Some).ok_or_else(|| self.error(PROBLEM))
            }
            Scalar::Text(text) if text.is_empty() => Ok(None),
            Scalar::Text(text) => text
                .parse()
                .map(Some)
                .map_err(|_| self.error(format_args!("`{text}` is {PROBLEM}"))),
            Scalar::Plain(_) => Err(self.error(PROBLEM)),
        }
    }

    /// Returns one of these texts.
    pub(super) fn choice(
        &self,
        choices: &[&'static str],
    ) -> Result<Option<&'static str>, ConfigError> {
        let Some(text) = self.text()? else {
            return Ok(None);
        };
        match choices.iter().find(|choice| **choice == text) {
            Some(choice) => Ok(Some(choice)),
            None => {
                let choices = choices.join("`, `");
                Err(self.error(format_args!("`{text}` is not one of `{choices}`")))
            }
        }
    }

    pub(super) fn is_null(&self) -> bool {
        self.value.is_null()
    }

    /// Returns the error of a key that the schema does not have.
    pub(super) fn unknown_key(&self) -> ConfigError {
        self.error("unknown key")
    }

    fn child(&self, path: String, value: &'a Value) -> Self {
        Self {
            path,
            value,
            env: self.env,
        }
    }

    fn scalar(&self) -> Result<Scalar, ConfigError> {
        let Value::String(text) = self.value else {
            return Ok(Scalar::Plain(self.value.clone()));
        };
        let Substituted {
            text,
            has_reference,
        } = substitute(&self.path, text, &self.env)?;
        Ok(match has_reference {
            true => Scalar::Text(text),
            false => Scalar::Plain(Value::String(text)),
        })
    }
}
