//! The key of a field in a format, and how its value is written.

use super::line_buffer::is_unsafe;
use super::output::Format;
use super::schema::{CLF_PARTS, JsonSchema, RESERVED, SECONDS, Unknown, ValueKind};
use crate::names;

pub(super) struct FieldKey {
    pub(super) name: String,
    pub(super) kind: ValueKind,
    /// Whether the field is inside `httpRequest`.
    pub(super) is_grouped: bool,
}

// === impl FieldKey ===

impl FieldKey {
    /// Returns the key of a field of an access log entry or of another entry.
    pub(super) fn for_field(format: &Format, field: &str, is_access: bool) -> Self {
        let kind = match is_access && SECONDS.contains(&field) {
            true => ValueKind::Seconds,
            false => ValueKind::Plain,
        };
        // Each of them is written under its own name.
        if is_access && field == names::GUSSET_FIELDS {
            return Self::new(field, ValueKind::Hidden);
        }
        match format {
            Format::Logfmt => Self::new(own_name(&logfmt_name(field), &[]), kind),
            Format::Pretty { .. } => Self::new(field, kind),
            Format::Common | Format::Combined => Self::clf(field),
            _ => Self::json(JsonSchema::of_format(format), field, kind, is_access),
        }
    }

    /// Returns the key of the message.
    pub(super) fn message() -> Self {
        Self::new("message", ValueKind::Message)
    }

    /// Returns the key of a field of a span. Fields that control its export are hidden.
    ///
    /// Logfmt is flat, so that the key begins with the name of the span. ECS has only labels for it: in
    /// an object of its own, each field would have the type that its first value has.
    pub(super) fn for_span_field(format: &Format, span: &str, field: &str) -> Self {
        match format {
            _ if is_control_field(field) => Self::new(field, ValueKind::Hidden),
            Format::Logfmt => {
                let name = logfmt_name(&format!("{span}.{field}"));
                Self::new(own_name(&name, &[]), ValueKind::Plain)
            }
            Format::Ecs => Self::label(&format!("{span}.{field}")),
            _ => Self::new(field, ValueKind::Plain),
        }
    }

    /// Returns the key under which ECS has a field that it lacks: a text without dots in its name.
    pub(super) fn label(field: &str) -> Self {
        let label = field.replace(['.', '*', '\\'], "_");
        Self::new(format!("labels.{label}"), ValueKind::Quoted)
    }

    pub(super) fn new(name: impl Into<String>, kind: ValueKind) -> Self {
        Self {
            name: name.into(),
            kind,
            is_grouped: false,
        }
    }

    fn json(schema: &JsonSchema, field: &str, kind: ValueKind, is_access: bool) -> Self {
        let fields = if is_access {
            schema.access
        } else {
            schema.other
        };
        match (fields.iter().find(|row| row.name == field), schema.unknown) {
            (Some(row), _) => Self {
                name: row.key.to_owned(),
                kind: row.kind.unwrap_or(kind),
                is_grouped: row.is_grouped,
            },
            (None, Unknown::OwnName) => Self::new(own_name(field, schema.reserved), kind),
            (None, Unknown::Label) => Self::label(field),
        }
    }

    fn clf(field: &str) -> Self {
        let kind = match CLF_PARTS.iter().find(|(name, _)| *name == field) {
            Some((_, part)) => ValueKind::Clf(*part),
            None => ValueKind::Hidden,
        };
        Self::new("", kind)
    }
}

/// Returns whether a field of a span only sets the name, the kind or the status that the span is exported
/// with: `otel.name`, `otel.kind`, `otel.status_code`.
pub(crate) fn is_control_field(field: &str) -> bool {
    field.starts_with("otel.")
}

/// Returns the name of a field, under `field.` if the format or its readers use that name.
fn own_name(field: &str, reserved: &[&str]) -> String {
    let is_reserved = field == "message"
        || RESERVED.contains(&field)
        || reserved.contains(&field)
        || field.starts_with("logging.googleapis.com/");
    match is_reserved {
        true => format!("field.{field}"),
        false => field.to_owned(),
    }
}

/// Returns a key of logfmt. Spaces, quotes and equals signs are replaced.
fn logfmt_name(name: &str) -> String {
    let replace = |c: char| match c {
        '=' | '"' | '\\' => '_',
        c if c.is_whitespace() || is_unsafe(c) => '_',
        c => c,
    };
    name.chars().map(replace).collect()
}
