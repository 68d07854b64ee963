//! The fields of spans. They are encoded when they are recorded, so that entries only copy them.

use std::error::Error;
use std::fmt::Debug;
use std::ops::Range;
use std::time::Instant;

use gusset_core::SpanIds;
use gusset_data::Attribute;
use gusset_http::RequestId;
use tracing::Metadata;
use tracing::field::{Field, Visit};
use tracing_subscriber::registry::{ExtensionsMut, LookupSpan, SpanRef};

use super::log_record;
use super::state::LayerState;
use crate::format::Format;
use crate::format::json::{self, JsonFields};
use crate::format::json_escape::JsonEscape;
use crate::format::line_buffer::LineBuffer;
use crate::format::logfmt::{self, LogfmtFields};
use crate::format::pretty::{PrettyEscape, PrettyFields, Style};
use crate::format::visit::FieldVisitor;

const MAX_SPANS: usize = 32;

/// The memory that the fields of a span get at first, for each: keys and values are mostly shorter.
const EXPECTED_FIELD_BYTES: usize = 40;

/// What was current when a span was created.
#[derive(Clone, Debug, Default)]
pub(super) struct CreationIds {
    pub(super) ids: Option<SpanIds>,
    pub(super) request_id: Option<RequestId>,
}

/// The encoded fields of a span, one value for each layer.
#[derive(Debug, Default)]
pub(super) struct SpanFields {
    layers: Vec<(u64, EncodedFields)>,
    pub(super) created_in: CreationIds,
    /// When it was created, if its end is logged.
    pub(super) started: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct EncodedFields {
    bytes: Vec<u8>,
    /// The index of each field, and its range in `bytes`.
    parts: Vec<(usize, Range<usize>)>,
    is_truncated: bool,
    /// The fields of exported records, if they have those of spans.
    attributes: Vec<Attribute>,
}

/// A visitor that records the range of bytes that each field writes.
struct PartRecorder<V> {
    visit: V,
    len: fn(&V) -> usize,
    parts: Vec<(usize, Range<usize>)>,
}

// === impl SpanFields ===

impl SpanFields {
    /// Keeps what was current when a span was created, the time if its end is logged, and the fields that
    /// a layer stores.
    pub(super) fn start(
        extensions: &mut ExtensionsMut<'_>,
        created_in: CreationIds,
        started: Option<Instant>,
        fields: Option<(u64, EncodedFields)>,
    ) {
        match extensions.get_mut::<Self>() {
            // Of two layers, the second one must not remove what the first one needs.
            Some(earlier) => {
                earlier.created_in = created_in;
                earlier.started = earlier.started.or(started);
                earlier.layers.extend(fields);
            }
            None => extensions.insert(Self {
                layers: fields.into_iter().collect(),
                created_in,
                started,
            }),
        }
    }

    /// Adds fields to a span and replaces earlier values.
    pub(super) fn insert(extensions: &mut ExtensionsMut<'_>, layer: u64, fields: EncodedFields) {
        if extensions.get_mut::<Self>().is_none() {
            extensions.insert(Self::default());
        }
        let layers = &mut extensions.get_mut::<Self>().expect("inserted above").layers;
        match layers.iter_mut().find(|(id, _)| *id == layer) {
            Some((_, earlier)) => earlier.merge(&fields),
            None => layers.push((layer, fields)),
        }
    }

    /// Returns the fields that this layer stored.
    fn of_layer(&self, layer: u64) -> Option<&EncodedFields> {
        let mut layers = self.layers.iter();
        layers
            .find(|(id, _)| *id == layer)
            .map(|(_, fields)| fields)
    }
}

// === impl EncodedFields ===

impl EncodedFields {
    /// The maximum size of a span's fields, however often they are recorded.
    const MAX_BYTES: usize = 1 << 16;

    fn merge(&mut self, other: &Self) {
        self.is_truncated |= other.is_truncated;
        for (key, value) in &other.attributes {
            match self
                .attributes
                .iter_mut()
                .find(|(earlier, _)| earlier == key)
            {
                Some((_, earlier)) => *earlier = value.clone(),
                None => self.attributes.push((key.clone(), value.clone())),
            }
        }
        for (field, range) in &other.parts {
            self.parts.retain(|(index, _)| index != field);
            if self.bytes.len() + range.len() > Self::MAX_BYTES {
                self.compact();
            }
            if self.bytes.len() + range.len() > Self::MAX_BYTES {
                self.is_truncated = true;
                continue;
            }
            let start = self.bytes.len();
            self.bytes.extend_from_slice(&other.bytes[range.clone()]);
            self.parts.push((*field, start..self.bytes.len()));
        }
    }

    /// Removes the values that were replaced.
    fn compact(&mut self) {
        let mut bytes = Vec::new();
        for (_, range) in &mut self.parts {
            let start = bytes.len();
            bytes.extend_from_slice(&self.bytes[range.clone()]);
            *range = start..bytes.len();
        }
        self.bytes = bytes;
    }
}

// === impl LayerState ===

impl LayerState {
    pub(super) fn encode_span(
        &self,
        metadata: &'static Metadata<'static>,
        record: impl Fn(&mut dyn Visit),
    ) -> EncodedFields {
        let template = self.template(metadata);
        let redaction = self.config.redaction_of_texts();
        let attributes = match self.config.export_span_fields {
            true => log_record::attributes(redaction, &template, &record),
            false => Vec::new(),
        };
        let fields = &*template.fields;
        let mut line = LineBuffer::with_capacity(EXPECTED_FIELD_BYTES * fields.len());
        line.begin(self.config.max_line_bytes, self.config.max_value_bytes);
        let parts = match &self.format {
            Format::Common | Format::Combined => Vec::new(),
            Format::Logfmt => {
                let visit = LogfmtFields {
                    line: &mut line,
                    fields,
                    redaction,
                };
                record_parts(
                    FieldVisitor(visit),
                    |visit| visit.0.line.len(),
                    fields.len(),
                    record,
                )
            }
            Format::Pretty { color, .. } => {
                let visit = PrettyFields {
                    line: &mut line,
                    fields,
                    redaction,
                    style: Style(*color),
                    only_message: false,
                    omitted: &|_| false,
                };
                record_parts(
                    FieldVisitor(visit),
                    |visit| visit.0.line.len(),
                    fields.len(),
                    record,
                )
            }
            _ => {
                let visit = JsonFields::new(&mut line, fields, redaction);
                record_parts(visit, |visit| visit.0.line.len(), fields.len(), record)
            }
        };
        EncodedFields {
            is_truncated: line.is_truncated,
            bytes: line.into_bytes(),
            parts,
            attributes,
        }
    }
}

fn record_parts<V: Visit>(
    visit: V,
    len: fn(&V) -> usize,
    fields: usize,
    record: impl FnOnce(&mut dyn Visit),
) -> Vec<(usize, Range<usize>)> {
    let mut recorder = PartRecorder {
        visit,
        len,
        parts: Vec::with_capacity(fields),
    };
    record(&mut recorder);
    recorder.parts
}

/// Writes the spans of an entry, the outermost first.
pub(super) fn write<'a, S>(state: &LayerState, line: &mut LineBuffer, span: &SpanRef<'a, S>)
where
    S: LookupSpan<'a>,
{
    if state.format.is_flat() {
        // Of several spans with the same name, the innermost one keeps its keys.
        for span in span.scope().take(MAX_SPANS) {
            with_fields(state, &span, |fields| {
                write_flat(&state.format, line, fields);
            });
        }
        return;
    }
    let mut written = 0;
    write_with_parents(state, line, span, 0, &mut written);
    if written > 0 && state.format.is_json() {
        line.push(b"]");
    }
}

/// Passes the attributes of the spans of a record to `add`, the innermost first.
pub(super) fn attributes<'a, S>(
    state: &LayerState,
    span: &SpanRef<'a, S>,
    mut add: impl FnMut(&Attribute),
) where
    S: LookupSpan<'a>,
{
    for span in span.scope().take(MAX_SPANS) {
        with_fields(state, &span, |fields| {
            fields.attributes.iter().for_each(&mut add);
        });
    }
}

fn with_fields<'a, S: LookupSpan<'a>>(
    state: &LayerState,
    span: &SpanRef<'a, S>,
    read: impl FnOnce(&EncodedFields),
) {
    let extensions = span.extensions();
    let fields = extensions.get::<SpanFields>();
    if let Some(fields) = fields.and_then(|fields| fields.of_layer(state.id)) {
        read(fields);
    }
}

/// Writes the fields of a span into a flat entry, except those whose keys it has.
fn write_flat(format: &Format, line: &mut LineBuffer, fields: &EncodedFields) {
    line.is_truncated |= fields.is_truncated;
    for (_, range) in &fields.parts {
        let field = &fields.bytes[range.clone()];
        let is_present = match format {
            Format::Logfmt => logfmt::has_key_of(line.bytes(), field),
            _ => json::has_key_of(line.bytes(), field),
        };
        if !is_present && line.has_room(field.len()) {
            line.push(field);
        }
    }
}

fn write_with_parents<'a, S>(
    state: &LayerState,
    line: &mut LineBuffer,
    span: &SpanRef<'a, S>,
    depth: usize,
    written: &mut usize,
) where
    S: LookupSpan<'a>,
{
    if depth == MAX_SPANS {
        return;
    }
    if let Some(parent) = span.parent() {
        write_with_parents(state, line, &parent, depth + 1, written);
    }
    with_fields(state, span, |fields| {
        write_span(&state.format, line, span.name(), fields, written);
    });
}

fn write_span(
    format: &Format,
    line: &mut LineBuffer,
    name: &str,
    fields: &EncodedFields,
    written: &mut usize,
) {
    let len: usize = fields.parts.iter().map(|(_, range)| range.len()).sum();
    if fields.is_truncated {
        line.is_truncated = true;
    }
    // Six bytes are the longest escape of a character.
    if !line.has_room(len + 6 * name.len() + 32) {
        return;
    }
    let push_fields = |line: &mut LineBuffer| {
        for (_, range) in &fields.parts {
            line.push(&fields.bytes[range.clone()]);
        }
    };
    match format {
        Format::Common | Format::Combined => {}
        Format::Pretty { .. } => {
            line.push(b" ");
            line.text::<PrettyEscape>(name);
            line.push(b"{");
            push_fields(line);
            line.push(b" }");
        }
        _ => {
            line.push(match *written {
                0 => b",\"spans\":[{\"name\":\"",
                _ => b",{\"name\":\"",
            });
            line.text::<JsonEscape>(name);
            line.push(b"\"");
            push_fields(line);
            line.push(b"}");
        }
    }
    *written += 1;
}

// === impl PartRecorder ===

impl<V: Visit> PartRecorder<V> {
    fn record_part(&mut self, field: &Field, record: impl FnOnce(&mut V)) {
        let start = (self.len)(&self.visit);
        record(&mut self.visit);
        let end = (self.len)(&self.visit);
        if end > start {
            self.parts.push((field.index(), start..end));
        }
    }
}

/// Forwards every kind of value, so that each is written as its kind.
macro_rules! forward {
    ($($record:ident: $value:ty),* $(,)?) => {
        impl<V: Visit> Visit for PartRecorder<V> {
            $(fn $record(&mut self, field: &Field, value: $value) {
                self.record_part(field, |visit| visit.$record(field, value));
            })*
        }
    };
}

forward! {
    record_str: &str,
    record_debug: &dyn Debug,
    record_error: &(dyn Error + 'static),
    record_bytes: &[u8],
    record_i64: i64,
    record_u64: u64,
    record_bool: bool,
    record_f64: f64
}
