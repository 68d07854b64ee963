//! What attributes are made of.

use std::fmt;

use crate::SharedStr;

/// A key and what it stands for: `("http.route", "/users/{id}")`.
pub type Attribute = (SharedStr, Value);

/// The value of an attribute: the scalar types of OpenTelemetry's data model, and lists of texts.
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
    /// A truth.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// A text.
    String(SharedStr),
    /// Several texts, as the values of a header are.
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
    /// The data model has no unsigned numbers; what is too large for a signed one becomes a text, so
    /// that nothing is told wrong.
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
    fn an_attribute_is_two_texts_large() {
        assert_eq!(size_of::<SharedStr>(), size_of::<String>());
        assert_eq!(size_of::<Value>(), size_of::<SharedStr>());
        assert_eq!(size_of::<Option<SharedStr>>(), size_of::<SharedStr>());
    }

    #[test]
    fn several_texts_are_told_in_a_row() {
        let texts: Vec<SharedStr> = vec!["a".into(), "b".into()];
        assert_eq!(Value::from(texts).to_string(), "a,b");
        assert_eq!(Value::from(Vec::new()).to_string(), "");
    }

    #[test]
    fn a_number_too_large_for_the_model_is_told_as_text() {
        assert_eq!(Value::from(7_u64), Value::Int(7));
        assert_eq!(
            Value::from(u64::MAX),
            Value::String("18446744073709551615".into())
        );
    }
}
