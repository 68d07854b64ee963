//! The constant parts of the entries of one callsite, before and after its fields.

use gusset_data::Resource;
use tracing::Metadata;

use super::json_escape::{escaped, quoted};
use super::output::Format;
use super::schema::{EMF_METRICS, JsonSchema, Source};
use super::source_location::SourceLocation;
use crate::level::level_name;
use crate::names;

/// Returns the part between the time and the first field, and the part after the last field.
pub(super) fn frame(
    format: &Format,
    resource: &Resource,
    metadata: &Metadata<'_>,
    is_access: bool,
    location: Option<&SourceLocation>,
) -> (String, String) {
    match format {
        Format::Logfmt => (logfmt(metadata), location.map(pairs).unwrap_or_default()),
        Format::Pretty { .. } => (String::new(), location.map(pairs).unwrap_or_default()),
        Format::Common | Format::Combined => Default::default(),
        _ => {
            let schema = JsonSchema::of_format(format);
            json(schema, resource, metadata, is_access, location)
        }
    }
}

/// Returns a source location as `key=value` pairs.
fn pairs(location: &SourceLocation) -> String {
    let SourceLocation { file, line } = location;
    let file = escaped(file);
    let quote = if is_bare(&file) { "" } else { "\"" };
    let (path_key, line_key) = (names::CODE_FILE_PATH, names::CODE_LINE_NUMBER);
    format!(" {path_key}={quote}{file}{quote} {line_key}={line}")
}

/// The start of the name of a service without one, by OpenTelemetry. Readers know better names, for
/// example that of the container.
const UNKNOWN_SERVICE: &str = "unknown_service";

fn logfmt(metadata: &Metadata<'_>) -> String {
    let level = level_name(*metadata.level());
    let target = escaped(metadata.target());
    // Targets are module paths by default, which need no quotes.
    let target = match is_bare(&target) {
        true => target,
        false => format!("\"{target}\""),
    };
    format!(" level={level} target={target}")
}

/// Returns the frame of a JSON object. The string of the time is still open at its start.
fn json(
    schema: &JsonSchema,
    resource: &Resource,
    metadata: &Metadata<'_>,
    is_access: bool,
    shown: Option<&SourceLocation>,
) -> (String, String) {
    let JsonSchema {
        level,
        target,
        is_target_first,
        constant,
        source,
        ..
    } = schema;
    let level_name = schema.level_name(*metadata.level());
    let target = format!(",\"{target}\":{}", quoted(metadata.target()));
    let mut head = format!("\",\"{level}\":\"{level_name}\"");
    let mut tail = String::from(*constant);
    match is_target_first {
        true => head.push_str(&target),
        false => tail.push_str(&target),
    }
    // All access log entries are logged at the same source location.
    let location = (!is_access).then(|| Some((metadata.file()?, metadata.line()?)));
    if let Some((path, number)) = location.flatten() {
        let path = quoted(path);
        tail.push_str(&match source {
            Source::Optional => shown.map(json_location).unwrap_or_default(),
            Source::Fields { file, line } => {
                format!(",\"{file}\":{path},\"{line}\":{number}")
            }
            Source::Object(key) => {
                format!(",\"{key}\":{{\"file\":{path},\"line\":\"{number}\"}}")
            }
        });
    }
    let is_known = |value: &str| !value.starts_with(UNKNOWN_SERVICE);
    for (attribute, value) in resource.attributes().filter(|(_, value)| is_known(value)) {
        let row = schema.resource.iter().find(|(name, _)| *name == attribute);
        if let Some((_, key)) = row {
            tail.push_str(&format!(",{}:{}", quoted(key), quoted(value)));
        }
    }
    (head, tail)
}

/// Returns a source location as the attributes of the semantic conventions.
fn json_location(location: &SourceLocation) -> String {
    let SourceLocation { file, line } = location;
    let (path_key, line_key) = (names::CODE_FILE_PATH, names::CODE_LINE_NUMBER);
    format!(",\"{path_key}\":{},\"{line_key}\":{line}", quoted(file))
}

/// Returns the metric that an access log entry is in the Embedded Metric Format, from after its time
/// on: without and with the route as a dimension.
pub(super) fn emf(namespace: &str, fields: &[&str]) -> [Box<[u8]>; 2] {
    let metrics: Vec<String> = fields
        .iter()
        .filter_map(|field| EMF_METRICS.iter().find(|(name, _)| name == field))
        .map(|(name, unit)| format!("{{\"Name\":\"{name}\",\"Unit\":\"{unit}\"}}"))
        .collect();
    let methods = [names::RPC_METHOD, names::MESSAGING_SYSTEM];
    let method = methods.into_iter().find(|name| fields.contains(name));
    let method = method.unwrap_or(names::HTTP_REQUEST_METHOD);
    [false, true].map(|has_route| {
        let mut dimensions = vec![quoted(method), quoted(names::GUSSET_OUTCOME)];
        if has_route {
            dimensions.push(quoted(names::HTTP_ROUTE));
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

/// Returns a key of JSON: `,"name":`.
pub(super) fn json_key(name: &str) -> Vec<u8> {
    format!(",{}:", quoted(name)).into_bytes()
}

/// Returns a key of logfmt: ` name=`.
pub(super) fn logfmt_key(name: &str) -> Vec<u8> {
    format!(" {name}=").into_bytes()
}

pub(super) fn is_bare(text: &str) -> bool {
    let is_bare = |byte: u8| byte > b' ' && byte < 0x7f && !b"=\"\\".contains(&byte);
    !text.is_empty() && text.bytes().all(is_bare)
}
