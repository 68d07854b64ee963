//! The fields of the entries of a stream, in `redis`.

use std::collections::HashMap;

use gusset_core::{MessageHeaders, MessageHeadersMut};
use redis::{RedisWrite, ToRedisArgs, Value};

/// The fields of an entry of a stream of Redis, which has no other headers.
///
/// It is an argument of commands: `XADD` takes the fields that are texts.
///
/// ```
/// use gusset_core::{MessageHeaders, MessageHeadersMut};
/// use gusset_messaging::headers::RedisFields;
///
/// // `gusset.inject(&mut fields)` does this.
/// let mut fields = RedisFields::default();
/// fields.set("traceparent", "00-…-01");
/// let mut command = redis::cmd("XADD");
/// command.arg("orders").arg("*").arg(&fields);
///
/// // What a consumer has taken: `entry.map`.
/// let taken = RedisFields::from(fields.0);
/// assert_eq!(taken.get("traceparent"), Some("00-…-01"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "a plain wrapper")]
pub struct RedisFields(pub HashMap<String, Value>);

// === impl RedisFields ===

impl MessageHeaders for RedisFields {
    fn get(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(bytes(self.0.get(name)?)?).ok()
    }
}

impl MessageHeadersMut for RedisFields {
    fn set(&mut self, name: &str, value: &str) {
        let value = Value::BulkString(value.as_bytes().to_vec());
        self.0.insert(name.to_owned(), value);
    }
}

impl ToRedisArgs for RedisFields {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        for (name, value) in &self.0 {
            if let Some(value) = bytes(value) {
                out.write_arg(name.as_bytes());
                out.write_arg(value);
            }
        }
    }
}

impl From<HashMap<String, Value>> for RedisFields {
    fn from(fields: HashMap<String, Value>) -> Self {
        Self(fields)
    }
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    }
}
