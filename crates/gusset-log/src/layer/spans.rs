//! The fields of spans, encoded when they are recorded, so that lines copy them.

use std::fmt::Debug;
use std::ops::Range;

use tracing::Metadata;
use tracing::field::{Field, Visit};
use tracing_subscriber::registry::{ExtensionsMut, LookupSpan, SpanRef};

use super::Shared;
use crate::Format;
use crate::format::json::{JsonEscape, JsonFields};
use crate::format::line::Line;
use crate::format::logfmt::LogfmtFields;
use crate::format::pretty::{Paint, PrettyEscape, PrettyFields};

/// No line tells of more spans within each other.
const DEEPEST: usize = 32;

/// The texts of a span, one for each layer that writes lines.
#[derive(Debug, Default)]
pub(super) struct Kept(Vec<(u64, Text)>);

/// The fields of a span, encoded.
#[derive(Debug, Default)]
pub(super) struct Text {
    bytes: Vec<u8>,
    /// The place of each field among the span's, and where it stands.
    parts: Vec<(usize, Range<usize>)>,
    cut: bool,
}

/// A visitor, and where what it writes begins and ends.
struct Noting<V> {
    visit: V,
    len: fn(&V) -> usize,
    parts: Vec<(usize, Range<usize>)>,
}

// === impl Kept ===

impl Kept {
    /// Adds fields; one that was there before is replaced.
    pub(super) fn put(extensions: &mut ExtensionsMut<'_>, layer: u64, text: Text) {
        if extensions.get_mut::<Self>().is_none() {
            extensions.insert(Self::default());
        }
        let Some(Self(kept)) = extensions.get_mut::<Self>() else {
            return;
        };
        match kept.iter_mut().find(|(of, _)| *of == layer) {
            Some((_, before)) => before.merge(&text),
            None => kept.push((layer, text)),
        }
    }
}

// === impl Text ===

impl Text {
    /// No span keeps more, however often its fields are recorded anew.
    const LONGEST: usize = 1 << 16;

    fn merge(&mut self, other: &Self) {
        self.cut |= other.cut;
        for (field, range) in &other.parts {
            self.parts.retain(|(of, _)| of != field);
            if self.bytes.len() + range.len() > Self::LONGEST {
                self.compact();
            }
            if self.bytes.len() + range.len() > Self::LONGEST {
                self.cut = true;
                continue;
            }
            let start = self.bytes.len();
            self.bytes.extend_from_slice(&other.bytes[range.clone()]);
            self.parts.push((*field, start..self.bytes.len()));
        }
    }

    /// Forgets what was replaced.
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

// === impl Shared ===

impl Shared {
    /// The fields that are recorded on a span, encoded.
    pub(super) fn span_text(
        &self,
        metadata: &'static Metadata<'static>,
        record: impl FnOnce(&mut dyn Visit),
    ) -> Text {
        let shape = self.shape(metadata);
        let redaction = self.redaction.looks().then_some(&self.redaction);
        let mut line = Line::new();
        line.begin(self.cap, self.longest);
        let plans = &*shape.fields;
        let parts = match &self.format {
            Format::Common | Format::Combined => Vec::new(),
            Format::Logfmt => {
                let visit = LogfmtFields {
                    line: &mut line,
                    plans,
                    redaction,
                };
                noted(visit, |visit| visit.line.len(), record)
            }
            Format::Pretty { color } => {
                let visit = PrettyFields {
                    line: &mut line,
                    plans,
                    redaction,
                    paint: Paint(*color),
                    message: false,
                    is_access: false,
                };
                noted(visit, |visit| visit.line.len(), record)
            }
            _ => {
                let visit = JsonFields::new(&mut line, plans, redaction);
                noted(visit, |visit| visit.line.len(), record)
            }
        };
        Text {
            bytes: line.bytes().to_vec(),
            parts,
            cut: line.is_cut(),
        }
    }
}

fn noted<V: Visit>(
    visit: V,
    len: fn(&V) -> usize,
    record: impl FnOnce(&mut dyn Visit),
) -> Vec<(usize, Range<usize>)> {
    let mut noting = Noting {
        visit,
        len,
        parts: Vec::new(),
    };
    record(&mut noting);
    noting.parts
}

/// Writes the spans of a line, the outermost first.
pub(super) fn write<'a, S>(shared: &Shared, line: &mut Line, span: &SpanRef<'a, S>)
where
    S: LookupSpan<'a>,
{
    let mut written = 0;
    each(shared, line, span, 0, &mut written);
    let is_json = !matches!(
        shared.format,
        Format::Common | Format::Combined | Format::Logfmt | Format::Pretty { .. }
    );
    if written > 0 && is_json {
        line.push(b"]");
    }
}

fn each<'a, S>(
    shared: &Shared,
    line: &mut Line,
    span: &SpanRef<'a, S>,
    depth: usize,
    written: &mut usize,
) where
    S: LookupSpan<'a>,
{
    if depth == DEEPEST {
        return;
    }
    if let Some(parent) = span.parent() {
        each(shared, line, &parent, depth + 1, written);
    }
    let extensions = span.extensions();
    let texts = extensions.get::<Kept>();
    let text = texts.and_then(|Kept(kept)| kept.iter().find(|(of, _)| *of == shared.id));
    if let Some((_, text)) = text {
        one(&shared.format, line, span.name(), text, written);
    }
}

fn one(format: &Format, line: &mut Line, name: &str, text: &Text, written: &mut usize) {
    let len: usize = text.parts.iter().map(|(_, range)| range.len()).sum();
    if text.cut {
        line.mark();
    }
    if !line.has_room(len + 6 * name.len() + 32) {
        return;
    }
    let fields = |line: &mut Line| {
        for (_, range) in &text.parts {
            line.push(&text.bytes[range.clone()]);
        }
    };
    match format {
        Format::Common | Format::Combined => {}
        Format::Logfmt => fields(line),
        Format::Pretty { .. } => {
            line.push(b" ");
            line.text::<PrettyEscape>(name);
            line.push(b"{");
            fields(line);
            line.push(b" }");
        }
        _ => {
            line.push(match *written {
                0 => b",\"spans\":[{\"name\":\"",
                _ => b",{\"name\":\"",
            });
            line.text::<JsonEscape>(name);
            line.push(b"\"");
            fields(line);
            line.push(b"}");
        }
    }
    *written += 1;
}

// === impl Noting ===

impl<V: Visit> Noting<V> {
    fn note(&mut self, field: &Field, record: impl FnOnce(&mut V)) {
        let start = (self.len)(&self.visit);
        record(&mut self.visit);
        let end = (self.len)(&self.visit);
        if end > start {
            self.parts.push((field.index(), start..end));
        }
    }
}

/// Passes every kind of value on, so that each is written as its kind.
macro_rules! noted {
    ($($record:ident: $value:ty),*) => {
        impl<V: Visit> Visit for Noting<V> {
            $(fn $record(&mut self, field: &Field, value: $value) {
                self.note(field, |visit| visit.$record(field, value));
            })*
        }
    };
}

noted! {
    record_str: &str,
    record_debug: &dyn Debug,
    record_bytes: &[u8],
    record_i64: i64,
    record_u64: u64,
    record_i128: i128,
    record_u128: u128,
    record_bool: bool,
    record_f64: f64
}
