//! Trees of values in formats of `serde`: scalars, sequences, and maps that keep their order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::StateTree;
use crate::{SharedStr, Value};

impl Serialize for StateTree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown => serializer.serialize_none(),
            Self::Value(Value::Bool(value)) => serializer.serialize_bool(*value),
            Self::Value(Value::Int(value)) => serializer.serialize_i64(*value),
            Self::Value(Value::Double(value)) if value.is_finite() => {
                serializer.serialize_f64(*value)
            }
            // JSON has no infinity.
            Self::Value(Value::Double(_)) => serializer.serialize_none(),
            Self::Value(Value::String(value)) => serializer.serialize_str(value),
            Self::Value(Value::StringArray(values)) => {
                serializer.collect_seq(values.iter().map(|value| &**value))
            }
            Self::List(items) => serializer.collect_seq(items),
            Self::Fields(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    map.serialize_entry(&**key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for StateTree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

/// Reads whatever a self-describing format has.
struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = StateTree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<StateTree, E> {
        Ok(StateTree::Unknown)
    }

    fn visit_none<E>(self) -> Result<StateTree, E> {
        Ok(StateTree::Unknown)
    }

    fn visit_bool<E>(self, value: bool) -> Result<StateTree, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<StateTree, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<StateTree, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<StateTree, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<StateTree, E> {
        Ok(value.to_owned().into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<StateTree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(StateTree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StateTree, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, _>()? {
            fields.push((SharedStr::from(key), value));
        }
        Ok(StateTree::Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tree_is_read_as_it_was_written() {
        let text = r#"{"z":null,"a":[true,-1,2.5,"x"],"m":{"y":{},"b":[]}}"#;
        let tree: StateTree = serde_json::from_str(text).unwrap();
        assert_eq!(
            tree.get("a").unwrap().to_string(),
            "- true\n- -1\n- 2.5\n- x\n"
        );
        assert_eq!(serde_json::to_string(&tree).unwrap(), text);
    }

    #[test]
    fn infinity_is_unknown() {
        let infinity = StateTree::from(f64::INFINITY);
        assert_eq!(serde_json::to_string(&infinity).unwrap(), "null");
    }
}
