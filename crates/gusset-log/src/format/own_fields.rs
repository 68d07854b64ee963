//! Writes the own fields of a call, whose names are known at run time only.

use std::borrow::Cow;

use super::json_escape::JsonEscape;
use super::keys::FieldKey;
use super::line_buffer::LineBuffer;
use super::output::Format;
use super::pretty::{PrettyEscape, Style};
use super::{frame, json, logfmt};

/// Writes own fields after the others, except those whose keys the entry has: a field of gusset is not
/// replaced, and the keys of an object are unique.
#[cold]
pub(crate) fn write<'a>(
    format: &Format,
    line: &mut LineBuffer,
    fields: impl Iterator<Item = (&'a str, Cow<'a, str>)>,
) {
    for (name, value) in fields {
        // It is not a field of gusset, which a schema may name otherwise.
        let name = FieldKey::for_field(format, name, false).name;
        write_field(format, line, &name, &value);
    }
}

fn write_field(format: &Format, line: &mut LineBuffer, name: &str, value: &str) {
    // Six bytes are the longest escape of a character.
    if !line.has_room(6 * name.len() + value.len() + 16) {
        return;
    }
    match format {
        Format::Common | Format::Combined => {}
        Format::Pretty { color, .. } => {
            line.push(b" ");
            Style(*color).key(line, name);
            line.text::<PrettyEscape>(value);
        }
        Format::Logfmt => {
            let key = frame::logfmt_key(name);
            if !logfmt::has_key_of(line.bytes(), &key) {
                line.push(&key);
                logfmt::push_text(line, value);
            }
        }
        _ => {
            let key = frame::json_key(name);
            if !json::has_key_of(line.bytes(), &key) {
                line.push(&key);
                line.byte(b'"');
                line.text::<JsonEscape>(value);
                line.byte(b'"');
            }
        }
    }
}
