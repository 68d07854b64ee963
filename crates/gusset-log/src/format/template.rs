//! Everything that is the same in each entry of a callsite, encoded once.

use std::num::NonZeroU32;

use gusset_data::{Resource, SharedStr};
use tracing::Metadata;

use super::frame;
use super::keys::FieldKey;
use super::output::Format;
use super::schema::ValueKind;
use super::source_location::SourceLocation;
use crate::names;
use crate::rate_limit::CallsiteLimiter;
use crate::redact::Redaction;

/// What the templates of a layer have in common.
#[derive(Clone, Copy)]
pub(crate) struct TemplateSettings<'a> {
    pub(crate) format: &'a Format,
    pub(crate) resource: &'a Resource,
    pub(crate) redaction: &'a Redaction,
    pub(crate) rate_limit: Option<NonZeroU32>,
    /// Whether entries have their source location in every format.
    pub(crate) source_location: bool,
}

pub(crate) struct CallsiteTemplate {
    /// The part between the time and the first field.
    pub(crate) head: Box<[u8]>,
    /// The part after the last field.
    pub(crate) tail: Box<[u8]>,
    pub(crate) fields: Box<[FieldTemplate]>,
    pub(crate) message: Option<usize>,
    /// Whether fields of a JSON entry are grouped.
    pub(crate) is_grouped: bool,
    pub(crate) is_access: bool,
    /// Whether the entry is an access log entry of a request, and not of a message.
    pub(crate) is_request: bool,
    /// Whether the entry is an access log entry of an HTTP server.
    pub(crate) is_server: bool,
    /// The metric that an access log entry is, without and with its route.
    pub(crate) emf: Option<[Box<[u8]>; 2]>,
    pub(crate) limiter: Option<CallsiteLimiter>,
    /// Whether the callsite stands for all records of a level of the `log` crate.
    pub(crate) is_log: bool,
    /// The name that the service gave the event.
    pub(crate) event_name: Option<&'static str>,
    /// The source location, if entries have it in every format.
    pub(crate) location: Option<SourceLocation>,
}

pub(crate) struct FieldTemplate {
    /// The encoded key, with what is written before and after it.
    pub(crate) key: Box<[u8]>,
    pub(crate) kind: ValueKind,
    /// The key in exported records.
    pub(crate) attribute: SharedStr,
    pub(crate) is_message: bool,
    pub(crate) is_grouped: bool,
    /// Whether the value can follow the key without further checks.
    pub(crate) is_simple: bool,
    /// Whether the field is the route, which is a dimension of a metric.
    pub(crate) is_route: bool,
}

const MESSAGE: &str = "message";

/// The names of the access log entries that are not of requests.
const NOT_REQUESTS: [&str; 2] = ["messaging.process", "gusset.operation"];

/// The name of the events of `tracing-log`.
const LOG_EVENT_NAME: &str = "log event";

// === impl CallsiteTemplate ===

impl CallsiteTemplate {
    pub(crate) fn new(settings: &TemplateSettings<'_>, metadata: &Metadata<'_>) -> Self {
        let TemplateSettings {
            format,
            resource,
            redaction,
            rate_limit,
            source_location,
        } = *settings;
        let is_access = metadata.is_event() && metadata.target() == names::ACCESS_TARGET;
        let names: Vec<&'static str> = metadata.fields().iter().map(|field| field.name()).collect();
        let is_log = metadata.is_event() && metadata.name() == LOG_EVENT_NAME;
        let location = match is_access || !(source_location || is_log) {
            true => None,
            false => SourceLocation::new(metadata, &names),
        };
        let (head, tail) = frame::frame(format, resource, metadata, is_access, location.as_ref());
        let emf = match format {
            Format::Emf { namespace } if is_access => Some(frame::emf(namespace, &names)),
            _ => None,
        };
        let fields = fields(format, redaction, metadata, &names, is_access);
        Self {
            head: head.into_bytes().into(),
            tail: tail.into_bytes().into(),
            is_grouped: fields.iter().any(|field| field.is_grouped),
            fields,
            message: names.iter().position(|name| *name == MESSAGE),
            is_access,
            is_request: is_access && !NOT_REQUESTS.contains(&metadata.name()),
            is_server: is_access && metadata.name() == "http.server.request",
            emf,
            limiter: rate_limit.filter(|_| !is_access).map(CallsiteLimiter::new),
            is_log,
            event_name: event_name(metadata).filter(|_| !is_log),
            location,
        }
    }
}

/// Returns the name of an event. Without one, `tracing` names it after its source location.
fn event_name(metadata: &Metadata<'_>) -> Option<&'static str> {
    let name = metadata.name();
    let location = name.strip_prefix("event ").and_then(|location| {
        let (file, line) = location.rsplit_once(':')?;
        Some((Some(file), line.parse().ok()))
    });
    (location != Some((metadata.file(), metadata.line()))).then_some(name)
}

fn fields(
    format: &Format,
    redaction: &Redaction,
    metadata: &Metadata<'_>,
    names: &[&'static str],
    is_access: bool,
) -> Box<[FieldTemplate]> {
    // The object of a span already has a name.
    let mut used: Vec<String> = match metadata.is_span() {
        true => vec!["name".to_owned()],
        false => Vec::new(),
    };
    let mut attributes: Vec<String> = Vec::new();
    let mut fields = Vec::new();
    for (index, name) in names.iter().enumerate() {
        // The message is the first field of this name: the macros put it before the fields.
        let is_first = !names[..index].contains(&MESSAGE);
        let is_message = *name == MESSAGE && metadata.is_event() && is_first;
        let mut key = match metadata.is_span() {
            true => FieldKey::for_span_field(format, metadata.name(), name),
            false if is_message => FieldKey::message(),
            false => FieldKey::for_field(format, name, is_access),
        };
        if *format == Format::Ecs && used.contains(&key.name) {
            key = FieldKey::label(name);
        }
        if !is_access && redaction.has_key(name) {
            key.kind = ValueKind::Redacted;
        }
        // Keys of an object must be unique.
        while !key.name.is_empty() && used.contains(&key.name) {
            key.name.push('_');
        }
        used.push(key.name.clone());
        let encoded = match format {
            Format::Logfmt => frame::logfmt_key(&key.name),
            Format::Common | Format::Combined => Vec::new(),
            Format::Pretty { .. } => key.name.into_bytes(),
            _ => frame::json_key(&key.name),
        };
        let is_route = is_access && *name == names::HTTP_ROUTE;
        let is_special = matches!(key.kind, ValueKind::Redacted | ValueKind::Hidden)
            || (is_route && matches!(format, Format::Emf { .. }));
        fields.push(FieldTemplate {
            key: encoded.into(),
            attribute: match is_message {
                // It is the body of a record.
                true => SharedStr::default(),
                false if is_access => attribute(names::record_key(name), &mut attributes),
                false => attribute(name, &mut attributes),
            },
            kind: key.kind,
            is_message,
            is_grouped: key.is_grouped,
            is_simple: !(is_special || key.is_grouped),
            is_route,
        });
    }
    fields.into()
}

/// Returns the key of an attribute, which is unique among those that are used.
fn attribute(name: &'static str, used: &mut Vec<String>) -> SharedStr {
    let mut key = name.to_owned();
    while used.contains(&key) {
        key.push('_');
    }
    used.push(key.clone());
    match key == name {
        true => SharedStr::from(name),
        false => key.into(),
    }
}
