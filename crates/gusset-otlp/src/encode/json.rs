//! OTLP's JSON encoding: that of protobuf, except that ids are hexadecimal and enumerations are numbers.

use std::fmt::{Display, Write as _};

use super::{Field, Writer};

pub(super) struct Json {
    text: String,
}

// === impl Json ===

impl Json {
    pub(super) fn request(write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut this = Self {
            text: "{".to_owned(),
        };
        write(&mut this);
        this.text.push('}');
        this.text.into_bytes()
    }

    fn comma(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
    }

    fn field_name(&mut self, Field(_, name): Field) {
        self.comma();
        // Field names are constants without characters to escape.
        self.write(format_args!("\"{name}\":"));
    }

    fn write(&mut self, value: impl Display) {
        write!(self.text, "{value}").expect("writing to a String does not fail");
    }

    fn number(&mut self, value: f64) {
        if value.is_finite() {
            // `Debug` uses an exponent where plain notation would have hundreds of digits.
            self.write(format_args!("{value:?}"));
        } else if value.is_nan() {
            self.text.push_str("\"NaN\"");
        } else {
            self.text.push_str(if value > 0.0 {
                "\"Infinity\""
            } else {
                "\"-Infinity\""
            });
        }
    }

    fn quoted_string(&mut self, value: &str) {
        self.text.push('"');
        let mut rest = value;
        while let Some(at) = rest.find(|c| c < ' ' || matches!(c, '"' | '\\')) {
            let (plain, special) = rest.split_at(at);
            self.text.push_str(plain);
            // All characters to escape are one byte long.
            let (special, after) = special.split_at(1);
            match special {
                "\"" => self.text.push_str("\\\""),
                "\\" => self.text.push_str("\\\\"),
                "\n" => self.text.push_str("\\n"),
                other => self.write(format_args!("\\u{:04x}", other.as_bytes()[0])),
            }
            rest = after;
        }
        self.text.push_str(rest);
        self.text.push('"');
    }
}

impl Writer for Json {
    fn string(&mut self, field: Field, value: &str) {
        self.field_name(field);
        self.quoted_string(value);
    }

    fn id(&mut self, field: Field, value: &[u8]) {
        self.field_name(field);
        self.text.push('"');
        for byte in value {
            self.write(format_args!("{byte:02x}"));
        }
        self.text.push('"');
    }

    fn boolean(&mut self, field: Field, value: bool) {
        self.field_name(field);
        self.write(value);
    }

    fn int64(&mut self, field: Field, value: i64) {
        self.field_name(field);
        // JSON readers may only have doubles, so 64-bit integers are strings.
        self.write(format_args!("\"{value}\""));
    }

    fn uint32(&mut self, field: Field, value: u32) {
        self.field_name(field);
        self.write(value);
    }

    fn sint32(&mut self, field: Field, value: i32) {
        self.field_name(field);
        self.write(value);
    }

    fn fixed32(&mut self, field: Field, value: u32) {
        self.uint32(field, value);
    }

    fn fixed64(&mut self, field: Field, value: u64) {
        self.field_name(field);
        self.write(format_args!("\"{value}\""));
    }

    fn sfixed64(&mut self, field: Field, value: i64) {
        self.int64(field, value);
    }

    fn double(&mut self, field: Field, value: f64) {
        self.field_name(field);
        self.number(value);
    }

    fn uint64s(&mut self, field: Field, values: &[u64]) {
        self.fixed64s(field, values);
    }

    fn fixed64s(&mut self, field: Field, values: &[u64]) {
        self.field_name(field);
        self.text.push('[');
        for value in values {
            self.comma();
            self.write(format_args!("\"{value}\""));
        }
        self.text.push(']');
    }

    fn doubles(&mut self, field: Field, values: &[f64]) {
        self.field_name(field);
        self.text.push('[');
        for value in values {
            self.comma();
            self.number(*value);
        }
        self.text.push(']');
    }

    fn message(&mut self, field: Field, write: impl FnOnce(&mut Self)) {
        self.field_name(field);
        self.text.push('{');
        write(self);
        self.text.push('}');
    }

    fn empty_list(&mut self, field: Field) {
        self.field_name(field);
        self.text.push_str("[]");
    }

    fn list<T>(
        &mut self,
        field: Field,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        let mut items = items.into_iter().peekable();
        if items.peek().is_none() {
            return;
        }
        self.field_name(field);
        self.text.push('[');
        for item in items {
            self.comma();
            self.text.push('{');
            write(self, item);
            self.text.push('}');
        }
        self.text.push(']');
    }
}
