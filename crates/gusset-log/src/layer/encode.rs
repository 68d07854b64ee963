//! Encodes one entry from an event.

use tracing::Metadata;

use super::event_meta::{EventMeta, RecordFields, RequestIdOf};
use super::state::LayerState;
use super::thread_buffer::EntryBuffer;
use crate::format::Format;
use crate::format::clf::ClfFields;
use crate::format::json::{self, JsonFields};
use crate::format::json_escape::JsonEscape;
use crate::format::line_buffer::LineBuffer;
use crate::format::logfmt::LogfmtFields;
use crate::format::own_fields;
use crate::format::pretty::{IN_MESSAGE, PrettyFields, Style};
use crate::format::pretty_access::PrettyAccess;
use crate::format::schema::JsonSchema;
use crate::format::time::Timestamp;
use crate::format::visit::FieldVisitor;

// === impl LayerState ===

impl LayerState {
    /// Encodes an entry into `buffer.line`. `write_spans` writes the spans that the event occurred in.
    #[expect(
        clippy::inline_always,
        reason = "measured: a call of its own costs 30 to 60 instructions"
    )]
    #[inline(always)]
    pub(super) fn encode(
        &self,
        buffer: &mut EntryBuffer,
        meta: &EventMeta<'_>,
        record_fields: RecordFields<'_>,
        write_spans: impl FnOnce(&mut LineBuffer),
    ) {
        let max_bytes = (self.config.max_line_bytes, self.config.max_value_bytes);
        buffer.line.begin(max_bytes.0, max_bytes.1);
        if !self.format.is_json() {
            return self.encode_text(buffer, meta, record_fields, write_spans);
        }
        let EntryBuffer {
            line, formatter, ..
        } = buffer;
        let template = meta.template;
        let fast = meta
            .access
            .filter(|access| self.has_fast_path && access.is_fast());
        if let Some(access) = fast.filter(|_| self.format == Format::Json) {
            line.push(formatter.open_json(meta.at));
            line.push(&template.head);
            access.write_json(line);
            line.push(&template.tail);
            self.end_json(line, meta, write_spans);
            line.push(b"}\n");
            return;
        }
        line.push(JsonSchema::of_format(&self.format).open);
        line.push(formatter.format(meta.at));
        line.push(&template.head);
        let redaction = self.config.redaction_of_texts();
        let mut visitor = JsonFields::new(line, &template.fields, redaction);
        visitor.0.is_selective = template.is_grouped;
        // The message comes first, wherever the event has it.
        if let Some(message) = template.message.filter(|index| *index > 0) {
            visitor.0.is_selective = true;
            visitor.0.only = Some(message);
            record_fields(&mut visitor);
            visitor.0.only = None;
            visitor.0.skip = Some(message);
        }
        record_fields(&mut visitor);
        visitor.0.close_group();
        let has_route = visitor.0.has_route;
        line.push(&template.tail);
        self.end_json(line, meta, write_spans);
        json::emf(template, line, meta.at, has_route);
        line.push(b"}\n");
    }

    /// Encodes an entry in one of the formats that are not JSON.
    fn encode_text(
        &self,
        buffer: &mut EntryBuffer,
        meta: &EventMeta<'_>,
        record_fields: RecordFields<'_>,
        write_spans: impl FnOnce(&mut LineBuffer),
    ) {
        let EntryBuffer {
            line,
            parts,
            formatter,
        } = buffer;
        let EventMeta {
            metadata, template, ..
        } = *meta;
        let redaction = self.config.redaction_of_texts();
        match &self.format {
            Format::Common | Format::Combined => {
                parts.begin(self.config.max_line_bytes, self.config.max_value_bytes);
                let mut fields = ClfFields::new(parts, &template.fields, redaction);
                record_fields(&mut fields);
                fields.write(line, meta.at, self.format == Format::Combined);
            }
            Format::Pretty { color, all_fields } => {
                let style = Style(*color);
                let mut timestamp = formatter.format(meta.at);
                let mut time_of_day = *b"00:00:00.000Z";
                if !all_fields {
                    // The time is `2026-11-22T12:00:00.123456Z`.
                    time_of_day[..12].copy_from_slice(&timestamp[11..23]);
                    timestamp = &time_of_day;
                }
                style.head(line, timestamp, *metadata.level(), metadata.target());
                let mut fields = PrettyFields {
                    line,
                    fields: &template.fields,
                    redaction,
                    style,
                    only_message: true,
                    omitted: &|field| template.is_access && IN_MESSAGE.contains(&field),
                };
                parts.begin(self.config.max_line_bytes, self.config.max_value_bytes);
                let mut access = PrettyAccess::new(parts, &template.fields, redaction);
                if template.is_access && !all_fields {
                    record_fields(&mut access);
                }
                if access.is_complete() {
                    access.write(fields.line, style, meta.ids);
                    record_fields(&mut FieldVisitor(PrettyFields {
                        only_message: false,
                        omitted: &|field| !access.is_beside(field),
                        ..fields
                    }));
                    self.write_own_fields(line, meta);
                } else {
                    for only_message in [true, false] {
                        fields.only_message = only_message;
                        let mut visitor = FieldVisitor(fields);
                        record_fields(&mut visitor);
                        fields = visitor.0;
                    }
                    self.write_own_fields(fields.line, meta);
                    write_spans(fields.line);
                    meta.with_request_id(|id| style.ids(fields.line, meta.ids, id));
                }
                style.dimmed(line, &template.tail);
                end_marks(line, meta, b" suppressed=", b" truncated");
                line.push(b"\n");
            }
            _ => {
                line.push(b"ts=");
                line.push(formatter.format(meta.at));
                line.push(&template.head);
                record_fields(&mut FieldVisitor(LogfmtFields {
                    line,
                    fields: &template.fields,
                    redaction,
                }));
                line.push(&template.tail);
                self.end_logfmt(line, meta, write_spans);
            }
        }
    }

    /// Returns an entry that no event caused.
    pub(super) fn encode_synthetic(
        &self,
        metadata: &'static Metadata<'static>,
        record_fields: RecordFields<'_>,
    ) -> Vec<u8> {
        let mut buffer = EntryBuffer::new();
        let meta = EventMeta {
            metadata,
            static_target: Some(metadata.target()),
            template: &self.template(metadata),
            at: Timestamp::from_system(self.clock.now()),
            ids: None,
            request_id: RequestIdOf::Span(None),
            suppressed: 0,
            access: None,
            own_fields: None,
        };
        self.encode(&mut buffer, &meta, record_fields, |_| {});
        buffer.line.bytes().to_vec()
    }

    #[expect(
        clippy::inline_always,
        reason = "measured: a call of its own costs 30 to 60 instructions"
    )]
    #[inline(always)]
    fn end_json(
        &self,
        line: &mut LineBuffer,
        meta: &EventMeta<'_>,
        write_spans: impl FnOnce(&mut LineBuffer),
    ) {
        self.write_own_fields(line, meta);
        if let Some(ids) = meta.ids {
            json::ids(&self.format, line, ids);
        }
        meta.with_request_id(|id| {
            if let Some(id) = id {
                json::request_id(&self.format, line, id);
            }
        });
        write_spans(line);
        end_marks(line, meta, b",\"suppressed\":", b",\"truncated\":true");
    }

    #[inline]
    fn write_own_fields(&self, line: &mut LineBuffer, meta: &EventMeta<'_>) {
        if let Some(fields) = meta.own_fields {
            let fields = fields.redacted(&self.config.redaction);
            own_fields::write(&self.format, line, fields);
        }
    }

    fn end_logfmt(
        &self,
        line: &mut LineBuffer,
        meta: &EventMeta<'_>,
        write_spans: impl FnOnce(&mut LineBuffer),
    ) {
        self.write_own_fields(line, meta);
        if let Some(ids) = meta.ids {
            line.push(b" trace_id=");
            line.hex(ids.trace_id());
            line.push(b" span_id=");
            line.hex(ids.span_id());
            line.push(b" trace_flags=");
            line.hex([ids.flags()]);
        }
        meta.with_request_id(|id| {
            if let Some(id) = id {
                line.push(b" request_id=\"");
                line.text::<JsonEscape>(id);
                line.push(b"\"");
            }
        });
        write_spans(line);
        end_marks(line, meta, b" suppressed=", b" truncated=true");
        line.push(b"\n");
    }
}

/// Writes the number of suppressed entries, and whether the entry is truncated.
#[inline]
fn end_marks(line: &mut LineBuffer, meta: &EventMeta<'_>, suppressed: &[u8], truncated: &[u8]) {
    if meta.suppressed > 0 {
        line.push(suppressed);
        line.number(meta.suppressed);
    }
    if line.is_truncated {
        line.push(truncated);
    }
}
