//! OTLP messages, encoded directly from the telemetry data.
//!
//! [`trace`], [`log`] and [`metric`] describe each message once, for both [`Writer`]s, so that
//! `http/json` and `http/protobuf` cannot differ. No intermediate messages are built: a span is written
//! from the queue into the bytes of the request. The numbers and names of fields are those of
//! `opentelemetry-proto` 1.x, which are frozen. `descriptors.rs` compares each with the official descriptors,
//! and the other tests decode everything with the official messages.

#[cfg(test)]
mod descriptors;
mod json;
mod log;
mod metric;
mod protobuf;
#[cfg(test)]
mod tests;
mod trace;

use std::time::{SystemTime, UNIX_EPOCH};

use gusset_data::{Attribute, LogRecord, Metric, SpanData, Value};

pub(crate) use log::LogLimits;
pub(crate) use metric::CollectionContext;

use json::Json;
use protobuf::Protobuf;

/// A field of a message: its number in protobuf and its name in JSON.
#[derive(Clone, Copy)]
pub(crate) struct Field(u32, &'static str);

/// The encoding of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Protobuf,
    Json,
}

/// Writes the fields of a message, in the order of the calls.
pub(crate) trait Writer: Sized {
    fn string(&mut self, field: Field, value: &str);
    /// Writes an id: bytes in protobuf, hexadecimal digits in JSON.
    fn id(&mut self, field: Field, value: &[u8]);
    fn boolean(&mut self, field: Field, value: bool);
    fn int64(&mut self, field: Field, value: i64);
    /// Writes a `uint32` or an enumeration.
    fn uint32(&mut self, field: Field, value: u32);
    fn sint32(&mut self, field: Field, value: i32);
    fn fixed32(&mut self, field: Field, value: u32);
    fn fixed64(&mut self, field: Field, value: u64);
    fn sfixed64(&mut self, field: Field, value: i64);
    fn double(&mut self, field: Field, value: f64);
    fn uint64s(&mut self, field: Field, values: &[u64]);
    fn fixed64s(&mut self, field: Field, values: &[u64]);
    fn doubles(&mut self, field: Field, values: &[f64]);
    fn message(&mut self, field: Field, write: impl FnOnce(&mut Self));
    /// Writes an empty list. Only JSON has a representation of it.
    fn empty_list(&mut self, field: Field);
    fn list<T>(
        &mut self,
        field: Field,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut Self, T),
    );

    /// Writes a time in nanoseconds. A time before 1970 becomes 0, which means "unknown".
    fn time(&mut self, field: Field, time: SystemTime) {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.fixed64(field, u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
    }
}

/// Encodes a request with these spans. Sorts them by scope.
pub(crate) fn spans(encoding: Encoding, resource: &[Attribute], spans: &mut [SpanData]) -> Vec<u8> {
    spans.sort_by(|a, b| a.scope.cmp(&b.scope));
    match encoding {
        Encoding::Protobuf => Protobuf::request(|out| trace::request(out, resource, spans)),
        Encoding::Json => Json::request(|out| trace::request(out, resource, spans)),
    }
}

/// Encodes a request with these records. Sorts them by scope.
pub(crate) fn logs(
    encoding: Encoding,
    resource: &[Attribute],
    limits: LogLimits,
    records: &mut [LogRecord],
) -> Vec<u8> {
    records.sort_by(|a, b| a.scope.cmp(&b.scope));
    match encoding {
        Encoding::Protobuf => Protobuf::request(|out| log::request(out, resource, limits, records)),
        Encoding::Json => Json::request(|out| log::request(out, resource, limits, records)),
    }
}

/// Encodes a request with these metrics.
pub(crate) fn metrics(
    encoding: Encoding,
    resource: &[Attribute],
    cx: CollectionContext,
    metrics: &[Metric],
) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => Protobuf::request(|out| metric::request(out, resource, cx, metrics)),
        Encoding::Json => Json::request(|out| metric::request(out, resource, cx, metrics)),
    }
}

const RESOURCE_ATTRIBUTES: Field = Field(1, "attributes");
const RESOURCE: Field = Field(1, "resource");
const SCOPE: Field = Field(1, "scope");
/// The field of resources and of scopes, which have the same number.
const SCHEMA_URL: Field = Field(3, "schemaUrl");
/// The version of the semantic conventions that the attributes follow.
const SCHEMA: &str = gusset_data::semconv::SCHEMA_URL;

fn resource<W: Writer>(out: &mut W, attributes: &[Attribute]) {
    out.message(RESOURCE, |out| {
        key_values(out, RESOURCE_ATTRIBUTES, attributes);
    });
}

/// Writes the scope. The version is that of this workspace, in which all crates have the same one.
fn scope<W: Writer>(out: &mut W, name: &str) {
    out.message(SCOPE, |out| {
        out.string(Field(1, "name"), name);
        if is_own_scope(name) {
            out.string(Field(2, "version"), env!("CARGO_PKG_VERSION"));
        }
    });
}

fn is_own_scope(name: &str) -> bool {
    let rest = name.strip_prefix("gusset");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '_', '-', '.']))
}

fn key_values<W: Writer>(out: &mut W, field: Field, attributes: &[Attribute]) {
    out.list(field, unique(attributes), |out, (name, value)| {
        out.string(Field(1, "key"), name);
        out.message(Field(2, "value"), |out| any_value(out, value, usize::MAX));
    });
}

/// Returns the attributes with unique keys, as OTLP requires. The last value of a key is kept.
fn unique(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    let is_last = |(at, (key, _)): &(usize, &Attribute)| {
        attributes[at + 1..].iter().all(|(other, _)| other != key)
    };
    let unique = attributes.iter().enumerate().filter(is_last);
    unique.map(|(_, attribute)| attribute)
}

/// Writes an `AnyValue`. Strings are truncated to `max_chars` characters.
fn any_value<W: Writer>(out: &mut W, value: &Value, max_chars: usize) {
    const STRING: Field = Field(1, "stringValue");
    match value {
        Value::Bool(value) => out.boolean(Field(2, "boolValue"), *value),
        Value::Int(value) => out.int64(Field(3, "intValue"), *value),
        Value::Double(value) => out.double(Field(4, "doubleValue"), *value),
        Value::String(value) => out.string(STRING, truncate_chars(value, max_chars)),
        Value::StringArray(values) if values.is_empty() => {
            out.message(Field(5, "arrayValue"), |out| {
                out.empty_list(Field(1, "values"));
            });
        }
        Value::StringArray(values) => out.message(Field(5, "arrayValue"), |out| {
            out.list(Field(1, "values"), values, |out, value| {
                out.string(STRING, truncate_chars(value, max_chars));
            });
        }),
        // `Value` is non-exhaustive. A new kind of value is exported as its text.
        other => out.string(STRING, truncate_chars(&other.to_string(), max_chars)),
    }
}

fn truncate_chars(text: &str, max_chars: usize) -> &str {
    // A string has at most as many characters as bytes.
    if text.len() <= max_chars {
        return text;
    }
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
