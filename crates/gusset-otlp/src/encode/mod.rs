//! OTLP's messages, written straight from what is exported.
//!
//! One description of the messages ([`trace`], [`log`], [`metric`]) and two [`Writer`]s, so that
//! `http/json` cannot say anything else than `http/protobuf`. Nothing is built in between: a span goes
//! from the queue into the bytes of the request. The numbers and names of fields are those of
//! `opentelemetry-proto` 1.x, which are frozen; the tests read it all back with the official messages.

mod json;
mod log;
mod metric;
mod protobuf;
#[cfg(test)]
mod tests;
mod trace;

use std::time::{SystemTime, UNIX_EPOCH};

use gusset_data::{Attribute, LogRecord, Metric, SpanData, Value};

pub(crate) use log::Limits;
pub(crate) use metric::Moment;

use json::Json;
use protobuf::Protobuf;

/// A field of a message: its number in protobuf and its name in JSON.
#[derive(Clone, Copy)]
pub(crate) struct Field(u32, &'static str);

/// Which form a message takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Protobuf,
    Json,
}

/// Writes the fields of one message, in the order in which they are called.
pub(crate) trait Writer: Sized {
    fn text(&mut self, field: Field, value: &str);
    /// Bytes; in JSON as hexadecimal digits, which only OTLP's ids are.
    fn id(&mut self, field: Field, value: &[u8]);
    fn boolean(&mut self, field: Field, value: bool);
    fn int64(&mut self, field: Field, value: i64);
    /// `uint32` and enumerations.
    fn uint32(&mut self, field: Field, value: u32);
    fn fixed32(&mut self, field: Field, value: u32);
    fn fixed64(&mut self, field: Field, value: u64);
    fn double(&mut self, field: Field, value: f64);
    fn fixed64s(&mut self, field: Field, values: &[u64]);
    fn doubles(&mut self, field: Field, values: &[f64]);
    fn message(&mut self, field: Field, write: impl FnOnce(&mut Self));
    /// A list of which nothing is to be said but that it is there.
    fn empty(&mut self, field: Field);
    fn list<T>(
        &mut self,
        field: Field,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut Self, T),
    );

    /// The time in nanoseconds; what is before 1970 is 0, which says "unknown".
    fn time(&mut self, field: Field, time: SystemTime) {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.fixed64(field, u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
    }
}

/// One request with these spans, which it sorts by their scope.
pub(crate) fn spans(form: Form, resource: &[Attribute], spans: &mut [SpanData]) -> Vec<u8> {
    spans.sort_by(|a, b| a.scope.cmp(&b.scope));
    match form {
        Form::Protobuf => Protobuf::request(|to| trace::request(to, resource, spans)),
        Form::Json => Json::request(|to| trace::request(to, resource, spans)),
    }
}

/// One request with these records, which it sorts by their scope.
pub(crate) fn logs(
    form: Form,
    resource: &[Attribute],
    limits: Limits,
    records: &mut [LogRecord],
) -> Vec<u8> {
    records.sort_by(|a, b| a.scope.cmp(&b.scope));
    match form {
        Form::Protobuf => Protobuf::request(|to| log::request(to, resource, limits, records)),
        Form::Json => Json::request(|to| log::request(to, resource, limits, records)),
    }
}

/// One request with these metrics.
pub(crate) fn metrics(
    form: Form,
    resource: &[Attribute],
    moment: Moment,
    metrics: &[Metric],
) -> Vec<u8> {
    match form {
        Form::Protobuf => Protobuf::request(|to| metric::request(to, resource, moment, metrics)),
        Form::Json => Json::request(|to| metric::request(to, resource, moment, metrics)),
    }
}

const ATTRIBUTES_OF_RESOURCE: Field = Field(1, "attributes");
const RESOURCE: Field = Field(1, "resource");
const SCOPE: Field = Field(1, "scope");

fn resource<W: Writer>(to: &mut W, attributes: &[Attribute]) {
    to.message(RESOURCE, |to| {
        pairs(to, ATTRIBUTES_OF_RESOURCE, attributes);
    });
}

fn scope<W: Writer>(to: &mut W, name: &str) {
    to.message(SCOPE, |to| to.text(Field(1, "name"), name));
}

fn pairs<W: Writer>(to: &mut W, field: Field, attributes: &[Attribute]) {
    to.list(field, attributes, |to, (name, value)| {
        to.text(Field(1, "key"), name);
        to.message(Field(2, "value"), |to| any(to, value, usize::MAX));
    });
}

/// `AnyValue`, texts cut after so many characters.
fn any<W: Writer>(to: &mut W, value: &Value, length: usize) {
    const TEXT: Field = Field(1, "stringValue");
    match value {
        Value::Bool(value) => to.boolean(Field(2, "boolValue"), *value),
        Value::Int(value) => to.int64(Field(3, "intValue"), *value),
        Value::Double(value) => to.double(Field(4, "doubleValue"), *value),
        Value::String(value) => to.text(TEXT, cut(value, length)),
        Value::StringArray(values) if values.is_empty() => {
            to.message(Field(5, "arrayValue"), |to| to.empty(Field(1, "values")));
        }
        Value::StringArray(values) => to.message(Field(5, "arrayValue"), |to| {
            to.list(Field(1, "values"), values, |to, value| {
                to.text(TEXT, cut(value, length));
            });
        }),
        // A kind of value that is not known here yet is told as what it prints.
        other => to.text(TEXT, cut(&other.to_string(), length)),
    }
}

fn cut(text: &str, characters: usize) -> &str {
    // No text has more characters than bytes.
    if text.len() <= characters {
        return text;
    }
    match text.char_indices().nth(characters) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
