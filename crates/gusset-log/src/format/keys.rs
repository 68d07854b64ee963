//! The key of a field in a format, and how its value is written.

use super::output::Format;
use super::schema::{CLF_PARTS, JsonSchema, RESERVED, SECONDS, Unknown, ValueKind};

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
        if field == "message" {
            return Self::new("message", ValueKind::Message);
        }
        let kind = match is_access && SECONDS.contains(&field) {
            true => ValueKind::Seconds,
            false => ValueKind::Plain,
        };
        match format {
            Format::Logfmt => Self::new(own_name(field), kind),
            Format::Pretty { .. } => Self::new(field, kind),
            Format::Common | Format::Combined => Self::clf(field),
            _ => Self::json(JsonSchema::of_format(format), field, kind, is_access),
        }
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
            (None, Unknown::OwnName) => Self::new(own_name(field), kind),
            (None, Unknown::Label) => {
                let label = field.replace(['.', '*', '\\'], "_");
                Self::new(format!("labels.{label}"), ValueKind::Quoted)
            }
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

/// Returns the name of a field, under `field.` if the format uses that name itself.
fn own_name(field: &str) -> String {
    if RESERVED.contains(&field) || field.starts_with("logging.googleapis.com/") {
        format!("field.{field}")
    } else {
        field.to_owned()
    }
}
