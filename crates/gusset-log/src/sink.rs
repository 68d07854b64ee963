//! Lines as records, for an exporter.

use std::fmt::{Debug, Write as _};
use std::time::{Duration, UNIX_EPOCH};

use gusset_core::SpanIds;
use gusset_data::{Attribute, LogRecord, SharedStr, Value};
use tracing::Metadata;
use tracing::field::{Field, Visit};

use crate::access::Kept;
use crate::format::keys::Kind;
use crate::format::shape::Shape;
use crate::layer::{Facts, Recording, with_request_id};
use crate::redact::{self, REDACTED, Redaction};

/// No record has more attributes (the default of OpenTelemetry's SDKs).
const MOST: usize = 128;

/// No text in a record is longer.
const LONGEST: usize = 1 << 14;

/// What an exporter logs of itself does not go to it: it would never end.
pub(crate) fn wants(metadata: &Metadata<'_>) -> bool {
    !metadata.target().starts_with("gusset::otlp")
}

/// The same as a line says.
pub(crate) fn record(
    metadata: &Metadata<'static>,
    redaction: Option<&Redaction>,
    shape: &Shape,
    facts: &Facts,
    record: Recording<'_>,
    call: Option<&Kept>,
) -> LogRecord {
    let mut fields = match call.filter(|call| redaction.is_none() && call.has_attributes()) {
        Some(call) => Fields {
            body: call.body(),
            attributes: call.attributes(),
            ..Fields::new(redaction, shape)
        },
        None => {
            let mut fields = Fields::new(redaction, shape);
            fields.attributes.reserve(shape.fields.len() + 1);
            record(&mut fields);
            fields
        }
    };
    with_request_id(|id| {
        if let Some(id) = id {
            fields.add("gusset.request_id".into(), SharedStr::new(id).into());
        }
    });
    let Fields {
        body,
        attributes,
        dropped,
        ..
    } = fields;
    LogRecord {
        time: UNIX_EPOCH + Duration::new(facts.at.seconds, facts.at.nanos),
        severity: (*metadata.level()).into(),
        scope: metadata.target().into(),
        // The names of others are places in the code.
        event_name: shape.is_access.then(|| metadata.name().into()),
        body,
        attributes,
        dropped_attributes: dropped,
        trace_id: facts.ids.map(SpanIds::trace_id),
        span_id: facts.ids.map(SpanIds::span_id),
        flags: facts.ids.map_or(0, SpanIds::flags),
    }
}

struct Fields<'a> {
    redaction: Option<&'a Redaction>,
    shape: &'a Shape,
    body: SharedStr,
    attributes: Vec<Attribute>,
    dropped: u32,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    fn new(redaction: Option<&'a Redaction>, shape: &'a Shape) -> Self {
        Self {
            redaction,
            shape,
            body: SharedStr::default(),
            attributes: Vec::new(),
            dropped: 0,
        }
    }

    fn put(&mut self, field: &Field, value: impl FnOnce(Option<&Redaction>) -> Value) {
        let plan = self.shape.fields.get(field.index());
        let value = match plan.map(|plan| plan.kind) {
            Some(Kind::Redacted) => REDACTED.into(),
            _ => value(self.redaction),
        };
        if field.name() == "message" {
            self.body = match value {
                Value::String(text) => text,
                value => value.to_string().into(),
            };
        } else {
            self.add(field.name().into(), value);
        }
    }

    fn add(&mut self, key: SharedStr, value: Value) {
        if self.attributes.len() < MOST {
            self.attributes.push((key, value));
        } else {
            self.dropped += 1;
        }
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |redaction| {
            let value = capped(value);
            match redaction {
                Some(redaction) => redaction.scrub(value).into_owned().into(),
                None => SharedStr::new(value).into(),
            }
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, |redaction| {
            let mut text = match redaction {
                Some(redaction) => redaction.scrub_debug(value),
                None => redact::bounded(value),
            };
            text.truncate(capped(&text).len());
            text.into()
        });
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        let value = &value[..value.len().min(LONGEST)];
        self.record_str(field, &String::from_utf8_lossy(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |_| value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |_| value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |_| value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, |_| value.into());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        let mut text = String::new();
        let _ = write!(text, "{value}");
        self.put(field, |_| text.into());
    }
}

/// The longest beginning of a text that a record may have.
fn capped(text: &str) -> &str {
    gusset_http::capped(text, LONGEST)
}
