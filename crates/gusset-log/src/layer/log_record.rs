//! Log records for an exporter.

use std::error::Error;
use std::fmt::Debug;
use std::time::{Duration, UNIX_EPOCH};

use gusset_core::SpanIds;
use gusset_data::{Attribute, ErrorChain, LogRecord, SharedStr, Value};
use tracing::Metadata;
use tracing::field::{Field, Visit};

use super::event_meta::{EventMeta, RecordFields};
use crate::access::OwnFields;
use crate::format::keys::is_control_field;
use crate::format::schema::ValueKind;
use crate::format::template::{CallsiteTemplate, FieldTemplate};
use crate::names;
use crate::redact::{self, REDACTED, Redaction};

/// The maximum number of attributes of a record, as in OpenTelemetry's SDKs.
const MAX_ATTRIBUTES: usize = 128;

const MAX_TEXT_BYTES: usize = 1 << 14;

/// Returns whether an event is exported. The events of an exporter are not: exporting them would cause
/// further ones.
pub(super) fn is_exported(metadata: &Metadata<'_>) -> bool {
    !metadata.target().starts_with("gusset::otlp")
}

/// Returns the record of an event, with the same content as its log entry.
pub(super) fn build(
    redaction: &Redaction,
    meta: &EventMeta<'_>,
    record_fields: RecordFields<'_>,
    add_span_fields: impl FnOnce(&mut dyn FnMut(&Attribute)),
) -> LogRecord {
    let EventMeta {
        metadata,
        template,
        access,
        ..
    } = *meta;
    let texts = redaction.has_patterns().then_some(redaction);
    let mut fields = match access {
        Some(access) => Fields {
            body: access.body(),
            attributes: access.to_attributes(),
            ..Fields::new(texts, template)
        },
        None => {
            let mut fields = Fields::new(texts, template);
            fields.attributes.reserve(template.fields.len() + 1);
            record_fields(&mut fields);
            fields
        }
    };
    if let Some(own_fields) = meta.own_fields {
        fields.add_own_fields(own_fields, redaction);
    }
    meta.with_request_id(|id| {
        if let Some(id) = id {
            fields.add_own(names::REQUEST_ID, SharedStr::new(id));
        }
    });
    if let Some(location) = &template.location {
        fields.add_own(names::CODE_FILE_PATH, location.file.clone());
        fields.add_own(names::CODE_LINE_NUMBER, i64::from(location.line));
    }
    add_span_fields(&mut |(key, value)| {
        if !fields.has(key) {
            fields.add(key.clone(), value.clone());
        }
    });
    LogRecord {
        time: UNIX_EPOCH + Duration::new(meta.at.seconds, meta.at.nanos),
        severity: (*metadata.level()).into(),
        scope: match meta.static_target {
            Some(target) => target.into(),
            None => SharedStr::new(metadata.target()),
        },
        event_name: template.event_name.map(SharedStr::from),
        body: fields.body,
        attributes: fields.attributes,
        dropped_attributes: fields.dropped,
        trace_id: meta.ids.map(SpanIds::trace_id),
        span_id: meta.ids.map(SpanIds::span_id),
        flags: meta.ids.map_or(0, SpanIds::flags),
    }
}

/// Returns the attributes of a span.
pub(super) fn attributes(
    redaction: Option<&Redaction>,
    template: &CallsiteTemplate,
    record_fields: RecordFields<'_>,
) -> Vec<Attribute> {
    let mut fields = Fields::new(redaction, template);
    record_fields(&mut fields);
    let is_shown = |(key, _): &Attribute| !is_control_field(key);
    fields.attributes.retain(is_shown);
    fields.attributes
}

struct Fields<'a> {
    redaction: Option<&'a Redaction>,
    template: &'a CallsiteTemplate,
    body: SharedStr,
    attributes: Vec<Attribute>,
    dropped: u32,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    fn new(redaction: Option<&'a Redaction>, template: &'a CallsiteTemplate) -> Self {
        Self {
            redaction,
            template,
            body: SharedStr::default(),
            attributes: Vec::new(),
            dropped: 0,
        }
    }

    fn insert(&mut self, field: &Field, value: impl FnOnce(Option<&Redaction>) -> Value) {
        // The other fields of a record of the `log` crate are its metadata.
        let Some(template) = self.template.fields.get(field.index()) else {
            return;
        };
        // Each of them is added under its own name.
        if self.template.is_access && template.attribute == names::GUSSET_FIELDS {
            return;
        }
        let value = match template.kind {
            ValueKind::Redacted => REDACTED.into(),
            _ => value(self.redaction),
        };
        if template.is_message {
            self.body = match value {
                Value::String(text) => text,
                value => value.to_string().into(),
            };
        } else {
            let value = match value {
                // The semantic conventions have lists of header values.
                Value::String(text) if self.is_header(template) => Value::from(vec![text]),
                value => value,
            };
            self.add(template.attribute.clone(), value);
        }
    }

    fn is_header(&self, template: &FieldTemplate) -> bool {
        self.template.is_access && template.attribute == names::HTTP_REQUEST_HEADER_REFERER
    }

    /// Adds the own fields of a call, except those with the names of gusset's fields.
    #[cold]
    fn add_own_fields(&mut self, fields: OwnFields<'_>, redaction: &Redaction) {
        for (name, value) in fields.redacted(redaction) {
            if !self.has(name) {
                self.add(SharedStr::new(name), SharedStr::new(&value).into());
            }
        }
        self.dropped = self.dropped.saturating_add(fields.dropped());
    }

    /// Adds an attribute, unless the event has a field of this name.
    fn add_own(&mut self, key: &'static str, value: impl Into<Value>) {
        if !self.has(key) {
            self.add(key.into(), value.into());
        }
    }

    fn has(&self, key: &str) -> bool {
        self.attributes.iter().any(|(present, _)| present == key)
    }

    fn add(&mut self, key: SharedStr, value: Value) {
        if self.attributes.len() < MAX_ATTRIBUTES {
            self.attributes.push((key, value));
        } else {
            self.dropped += 1;
        }
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, |redaction| {
            let value = truncate_str(value);
            match redaction {
                Some(redaction) => redaction.redact(value).into_owned().into(),
                None => SharedStr::new(value).into(),
            }
        });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_debug(field, &ErrorChain::new(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.insert(field, |redaction| {
            let mut text = match redaction {
                Some(redaction) => redaction.redact_debug(value),
                None => redact::format_bounded(value),
            };
            text.truncate(truncate_str(&text).len());
            text.into()
        });
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        let value = &value[..value.len().min(MAX_TEXT_BYTES)];
        self.record_str(field, &String::from_utf8_lossy(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, |_| value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, |_| value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, |_| value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, |_| value.into());
    }
}

/// Returns a text, cut to the maximum length.
fn truncate_str(text: &str) -> &str {
    gusset_http::truncate_str(text, MAX_TEXT_BYTES)
}
