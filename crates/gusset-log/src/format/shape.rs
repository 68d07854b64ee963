//! What is known of a line before it is written: once for each place in the code that writes lines.

use std::fmt::Write as _;

use gusset_data::Resource;
use tracing::{Level, Metadata};

use super::Format;
use super::json::JsonEscape;
use super::keys::{Key, Kind};
use super::line::{Escape, Line};
use super::logfmt;
use crate::limit::Site;
use crate::names;
use crate::redact::Redaction;

/// The lines of one place: all that is the same in each of them, encoded.
#[derive(Debug)]
pub(crate) struct Shape {
    /// What stands between the time and the first field.
    pub(crate) head: Box<[u8]>,
    /// What stands after the last field.
    pub(crate) tail: Box<[u8]>,
    pub(crate) fields: Box<[Plan]>,
    /// The field that is the message.
    pub(crate) message: Option<usize>,
    /// Fields of a JSON line are grouped.
    pub(crate) is_grouped: bool,
    pub(crate) is_access: bool,
    /// The line of a server's call.
    pub(crate) is_server: bool,
    /// What makes a metric of an access line, without and with its route.
    pub(crate) emf: Option<[Box<[u8]>; 2]>,
    pub(crate) site: Site,
}

/// One field of such a line.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The key, encoded, with what stands before and after it.
    pub(crate) key: Box<[u8]>,
    pub(crate) kind: Kind,
    pub(crate) grouped: bool,
    /// There is nothing about it.
    pub(crate) is_simple: bool,
    /// The route, which is a dimension of a metric.
    pub(crate) is_route: bool,
}

// === impl Shape ===

impl Shape {
    pub(crate) fn new(
        format: &Format,
        resource: &Resource,
        redaction: &Redaction,
        metadata: &Metadata<'_>,
    ) -> Self {
        let is_access = metadata.is_event() && metadata.target() == names::ACCESS;
        let names: Vec<&str> = metadata.fields().iter().map(|field| field.name()).collect();
        let (head, tail) = match format {
            Format::Logfmt => logfmt::frame(metadata),
            Format::Common | Format::Combined | Format::Pretty { .. } => Default::default(),
            _ => frame(format, resource, metadata, is_access),
        };
        let emf = match format {
            Format::Emf { namespace } if is_access => Some(emf(namespace, &names)),
            _ => None,
        };
        let fields = plans(format, redaction, metadata, &names);
        Self {
            head: head.into(),
            tail: tail.into(),
            is_grouped: fields.iter().any(|plan| plan.grouped),
            fields,
            message: names.iter().position(|name| *name == "message"),
            is_access,
            is_server: is_access && metadata.name() == "http.server.request",
            emf,
            site: Site::default(),
        }
    }
}

fn plans(
    format: &Format,
    redaction: &Redaction,
    metadata: &Metadata<'_>,
    names: &[&str],
) -> Box<[Plan]> {
    let is_access = metadata.is_event() && metadata.target() == names::ACCESS;
    // The object of a span has a name already.
    let mut taken: Vec<String> = match metadata.is_span() {
        true => vec!["name".to_owned()],
        false => Vec::new(),
    };
    let mut plans = Vec::new();
    for name in names {
        let mut key = match (metadata.is_span(), format) {
            (false, _) => Key::of(format, name, is_access),
            // On a flat line, a span's fields bear its name.
            (true, Format::Logfmt) => Key::plain(format!("{}.{name}", metadata.name())),
            (true, _) => Key::plain(*name),
        };
        if !is_access && redaction.has_key(name) {
            key.kind = Kind::Redacted;
        }
        // No object has two members of one name.
        while !key.name.is_empty() && taken.contains(&key.name) {
            key.name.push('_');
        }
        taken.push(key.name.clone());
        let encoded = match format {
            Format::Logfmt => logfmt::key(&key.name),
            Format::Common | Format::Combined => Vec::new(),
            Format::Pretty { .. } => key.name.into_bytes(),
            _ => json_key(&key.name),
        };
        let is_route = is_access && *name == names::ROUTE;
        let is_special = matches!(key.kind, Kind::Redacted | Kind::Hidden)
            || (is_route && matches!(format, Format::Emf { .. }));
        plans.push(Plan {
            key: encoded.into(),
            kind: key.kind,
            grouped: key.grouped,
            is_simple: !(is_special || key.grouped),
            is_route,
        });
    }
    plans.into()
}

/// `,"name":`
pub(crate) fn json_key(name: &str) -> Vec<u8> {
    format!(",{}:", quoted(name)).into_bytes()
}

/// A text as JSON, whatever it is.
pub(crate) fn quoted(text: &str) -> String {
    let escaped = escaped::<JsonEscape>(text);
    format!("\"{escaped}\"")
}

/// A text as a format writes it, whatever its length: a name of the program's own.
pub(crate) fn escaped<E: Escape>(text: &str) -> String {
    let mut line = Line::new();
    line.begin(super::line::RESERVE + 4096, 4096);
    line.text::<E>(text);
    String::from_utf8_lossy(line.bytes()).into_owned()
}

pub(crate) fn level_in_lower_case(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}

/// What stands before and after the fields of a JSON line. The time was written, and is a text still open.
fn frame(
    format: &Format,
    resource: &Resource,
    metadata: &Metadata<'_>,
    is_access: bool,
) -> (Vec<u8>, Vec<u8>) {
    let target = quoted(metadata.target());
    let level = *metadata.level();
    let (mut head, mut tail) = (String::new(), String::new());
    // Texts are written into memory.
    let _ = match format {
        Format::Ecs => {
            let place = source(metadata, is_access).map(|(file, line)| {
                let file = quoted(file);
                format!(",\"log.origin.file.name\":{file},\"log.origin.file.line\":{line}")
            });
            write!(
                tail,
                ",\"ecs.version\":\"8.11.0\",\"log.logger\":{target}{}",
                place.unwrap_or_default()
            )
            .and_then(|()| write!(head, "\",\"log.level\":\"{level}\""))
        }
        Format::GoogleCloud { .. } => {
            let severity = match level {
                Level::TRACE | Level::DEBUG => "DEBUG",
                Level::INFO => "INFO",
                Level::WARN => "WARNING",
                Level::ERROR => "ERROR",
            };
            let place = source(metadata, is_access).map(|(file, line)| {
                let file = quoted(file);
                format!(
                    ",\"logging.googleapis.com/sourceLocation\":{{\"file\":{file},\"line\":\"{line}\"}}"
                )
            });
            write!(tail, ",\"target\":{target}{}", place.unwrap_or_default())
                .and_then(|()| write!(head, "\",\"severity\":\"{severity}\""))
        }
        Format::Datadog => write!(
            head,
            "\",\"status\":\"{}\",\"logger.name\":{target}",
            level_in_lower_case(level)
        ),
        _ => write!(head, "\",\"level\":\"{level}\",\"target\":{target}"),
    };
    for (attribute, value) in resource.attributes() {
        let name = match (format, attribute) {
            (Format::Datadog, "service.name") => "dd.service",
            (Format::Datadog, "service.version") => "dd.version",
            (Format::Datadog, "deployment.environment.name") => "dd.env",
            (Format::Ecs, "deployment.environment.name") => "service.environment",
            (Format::Ecs, "service.instance.id") => "service.node.name",
            (_, "service.name" | "service.version") => attribute,
            (Format::Json | Format::Emf { .. }, "deployment.environment.name") => attribute,
            _ => continue,
        };
        let _ = write!(tail, ",{}:{}", quoted(name), quoted(value));
    }
    (head.into_bytes(), tail.into_bytes())
}

/// Where in the code a line was written. All access lines are written in one place, which says nothing.
fn source<'a>(metadata: &Metadata<'a>, is_access: bool) -> Option<(&'a str, u32)> {
    (!is_access).then(|| Some((metadata.file()?, metadata.line()?)))?
}

/// The metric that an access line is, without and with its route: what follows on the time.
fn emf(namespace: &str, names: &[&str]) -> [Box<[u8]>; 2] {
    let metrics: Vec<String> = names
        .iter()
        .filter_map(|name| match *name {
            names::SERVER_DURATION
            | names::CLIENT_DURATION
            | names::RPC_SERVER_DURATION
            | names::RPC_CLIENT_DURATION => Some((name, "Seconds")),
            names::RESPONSE_SIZE => Some((name, "Bytes")),
            _ => None,
        })
        .map(|(name, unit)| format!("{{\"Name\":\"{name}\",\"Unit\":\"{unit}\"}}"))
        .collect();
    let who = if names.contains(&names::RPC_METHOD) {
        names::RPC_METHOD
    } else {
        names::METHOD
    };
    [false, true].map(|has_route| {
        let mut dimensions = vec![quoted(who), quoted(names::OUTCOME)];
        if has_route {
            dimensions.push(quoted(names::ROUTE));
        }
        format!(
            ",\"CloudWatchMetrics\":[{{\"Namespace\":{},\"Dimensions\":[[{}]],\"Metrics\":[{}]}}]}}",
            quoted(namespace),
            dimensions.join(","),
            metrics.join(",")
        )
        .into_bytes()
        .into()
    })
}
