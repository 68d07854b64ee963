//! Attributes and their values.

use std::fmt;

use crate::SharedStr;

/// A key and its value, for example `("http.route", "/users/{id}")`.
pub type Attribute = (SharedStr, Value);

/// The value of an attribute: a scalar of OpenTelemetry's data model, or an array of strings.
///
/// ```
/// use gusset_data::Value;
///
/// assert_eq!(Value::from("a").to_string(), "a");
/// assert_eq!(Value::from(7_i64), Value::Int(7));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A Boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// A string.
    String(SharedStr),
    /// An array of strings, for example the values of a header.
    StringArray(Box<[SharedStr]>),
}

// === impl Value ===

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Value {
    /// Converts an unsigned integer. The data model has none: a number over `i64::MAX` becomes a
    /// string, so that no wrong value is exported.
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or_else(|_| Self::String(value.to_string().into()), Self::Int)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<&'static str> for Value {
    fn from(value: &'static str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl From<SharedStr> for Value {
    fn from(value: SharedStr) -> Self {
        Self::String(value)
    }
}

impl From<Vec<SharedStr>> for Value {
    fn from(values: Vec<SharedStr>) -> Self {
        Self::StringArray(values.into())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Double(value) => value.fmt(f),
            Self::String(value) => value.fmt(f),
            Self::StringArray(values) => {
                for (at, value) in values.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { "," })?;
                    f.write_str(value)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_has_the_size_of_two_strings() {
        assert_eq!(size_of::<SharedStr>(), size_of::<String>());
        assert_eq!(size_of::<Value>(), size_of::<SharedStr>());
        assert_eq!(size_of::<Option<SharedStr>>(), size_of::<SharedStr>());
    }

    #[test]
    fn string_array_is_joined_with_commas() {
        let texts: Vec<SharedStr> = vec!["a".into(), "b".into()];
        assert_eq!(Value::from(texts).to_string(), "a,b");
        assert_eq!(Value::from(Vec::new()).to_string(), "");
    }

    #[test]
    fn number_over_i64_becomes_a_string() {
        assert_eq!(Value::from(7_u64), Value::Int(7));
        assert_eq!(
            Value::from(u64::MAX),
            Value::String("18446744073709551615".into())
        );
    }
}
