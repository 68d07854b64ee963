//! Lines as records, for an exporter.

use std::fmt::{Debug, Write as _};
use std::time::{Duration, UNIX_EPOCH};

use gusset_core::TraceIds;
use gusset_export::{Attribute, LogRecord, Value};
use tracing::Metadata;
use tracing::field::{Field, Visit};

use crate::format::keys::Kind;
use crate::format::shape::Shape;
use crate::layer::{Facts, Recording, with_request_id};
use crate::redact::{REDACTED, Redaction};

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
    redaction: &Redaction,
    shape: &Shape,
    facts: &Facts,
    record: Recording<'_>,
) -> LogRecord {
    let mut fields = Fields {
        redaction,
        shape,
        body: String::new(),
        attributes: Vec::with_capacity(shape.fields.len() + 1),
        dropped: 0,
    };
    record(&mut fields);
    with_request_id(|id| {
        if let Some(id) = id {
            fields.add("gusset.request_id".into(), id.to_owned().into());
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
        body: body.into(),
        attributes,
        dropped_attributes: dropped,
        trace_id: facts.ids.map(TraceIds::trace_id),
        span_id: facts.ids.map(TraceIds::span_id),
        flags: facts.ids.map_or(0, |ids| u8::from(ids.is_sampled())),
    }
}

struct Fields<'a> {
    redaction: &'a Redaction,
    shape: &'a Shape,
    body: String,
    attributes: Vec<Attribute>,
    dropped: u32,
}

// === impl Fields ===

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl FnOnce(&Redaction) -> Value) {
        let plan = self.shape.fields.get(field.index());
        let value = match plan.map(|plan| plan.kind) {
            Some(Kind::Redacted) => REDACTED.into(),
            _ => value(self.redaction),
        };
        if field.name() == "message" {
            self.body = value.to_string();
        } else {
            self.add(field.name().into(), value);
        }
    }

    fn add(&mut self, key: gusset_export::Text, value: Value) {
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
            let value = redaction.scrub(capped(value));
            value.into_owned().into()
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, |redaction| {
            let text = redaction.scrub_debug(value);
            capped(&text).to_owned().into()
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
