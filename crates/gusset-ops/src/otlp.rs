//! Calls and log records in OTLP's JSON encoding, so that its tools read them.
//!
//! Ids are hexadecimal, enumerations are numbers, and 64-bit integers are strings.
//! (OpenTelemetry Protocol, JSON Protobuf Encoding.)

use std::collections::BTreeMap;
use std::time::SystemTime;

use gusset_core::Outcome;
use gusset_data::{LogRecord, Redaction, SharedStr, Value as Attribute, hex, semconv};
use gusset_incident::{CallEntry, FlightRecorder};
use serde_json::{Value, json};

use crate::shared::Shared;

/// The scope of the spans.
const SCOPE: &str = "gusset";

/// `SPAN_KIND_SERVER` of OTLP.
const KIND_SERVER: u8 = 2;

/// `STATUS_CODE_ERROR` of OTLP.
const STATUS_ERROR: u8 = 2;

/// Returns calls as an `ExportTraceServiceRequest`: a span for each that has ids.
pub(crate) fn traces(shared: &Shared, recorder: &FlightRecorder, calls: &[CallEntry]) -> Value {
    let redaction = &shared.redaction;
    let spans: Vec<_> = calls
        .iter()
        .filter_map(|call| span(call, recorder, redaction))
        .collect();
    json!({ "resourceSpans": [{
        "resource": resource(shared),
        "scopeSpans": [{ "scope": { "name": SCOPE }, "spans": spans }],
    }] })
}

/// Returns log records as an `ExportLogsServiceRequest`.
pub(crate) fn logs(shared: &Shared, records: &[LogRecord]) -> Value {
    let mut scopes: BTreeMap<SharedStr, Vec<Value>> = BTreeMap::new();
    for record in records {
        let of_scope = scopes.entry(record.scope.clone()).or_default();
        of_scope.push(log_record(record, &shared.redaction));
    }
    let scopes: Vec<_> = scopes
        .into_iter()
        .map(|(name, records)| json!({ "scope": { "name": &*name }, "logRecords": records }))
        .collect();
    json!({ "resourceLogs": [{ "resource": resource(shared), "scopeLogs": scopes }] })
}

fn resource(shared: &Shared) -> Value {
    let version = shared.version.as_ref();
    let version = version.map(|version| attribute("service.version", version));
    let name = attribute("service.name", &shared.service);
    let attributes: Vec<_> = [Some(name), version].into_iter().flatten().collect();
    json!({ "attributes": attributes })
}

fn span(call: &CallEntry, recorder: &FlightRecorder, redaction: &Redaction) -> Option<Value> {
    let ids = call.span_ids()?;
    let started = recorder.wall_clock(call.started());
    let (method, route) = (call.method(), redaction.redact(call.route()));
    let mut attributes = vec![
        attribute(semconv::HTTP_REQUEST_METHOD, method),
        attribute(semconv::HTTP_ROUTE, &route),
    ];
    if let Some(status) = call.status() {
        let status = status.as_str();
        attributes.push(match status.parse::<i64>() {
            Ok(code) => integer(semconv::HTTP_RESPONSE_STATUS_CODE, code),
            Err(_) => attribute(semconv::RPC_RESPONSE_STATUS_CODE, status),
        });
    }
    if let Some(error) = call.error_type() {
        attributes.push(attribute(semconv::ERROR_TYPE, error.as_str()));
    }
    let status = match call.outcome() {
        Some(Outcome::ServerError) => json!({ "code": STATUS_ERROR }),
        _ => json!({}),
    };
    let name = match route.is_empty() {
        true => method.to_owned(),
        false => format!("{method} {route}"),
    };
    Some(json!({
        "traceId": hex::encode(&ids.trace_id()),
        "spanId": hex::encode(&ids.span_id()),
        "flags": ids.flags(),
        "name": name,
        "kind": KIND_SERVER,
        "startTimeUnixNano": nanos(started),
        "endTimeUnixNano": nanos(started + call.duration()),
        "attributes": attributes,
        "status": status,
    }))
}

fn log_record(record: &LogRecord, redaction: &Redaction) -> Value {
    let attributes = record.attributes.iter().map(|(name, value)| {
        let value = any_value(redaction.redact_value(name, value.clone()));
        json!({ "key": &**name, "value": value })
    });
    let mut object = json!({
        "timeUnixNano": nanos(record.time),
        "severityNumber": record.severity.number(),
        "severityText": record.severity.as_str(),
        "body": { "stringValue": redaction.redact(&record.body) },
        "attributes": attributes.collect::<Vec<_>>(),
        "droppedAttributesCount": record.dropped_attributes,
        "flags": record.flags,
    });
    if let Some(id) = record.trace_id {
        object["traceId"] = hex::encode(&id).into();
    }
    if let Some(id) = record.span_id {
        object["spanId"] = hex::encode(&id).into();
    }
    if let Some(name) = &record.event_name {
        object["eventName"] = (**name).into();
    }
    object
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn integer(key: &str, value: i64) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

fn any_value(value: Attribute) -> Value {
    match value {
        Attribute::Bool(value) => json!({ "boolValue": value }),
        Attribute::Int(value) => json!({ "intValue": value.to_string() }),
        Attribute::Double(value) if value.is_finite() => json!({ "doubleValue": value }),
        // As protobuf writes them in JSON.
        Attribute::Double(value) if value.is_nan() => json!({ "doubleValue": "NaN" }),
        Attribute::Double(value) if value > 0.0 => json!({ "doubleValue": "Infinity" }),
        Attribute::Double(_) => json!({ "doubleValue": "-Infinity" }),
        Attribute::String(value) => json!({ "stringValue": &*value }),
        Attribute::StringArray(values) => {
            let values = values
                .iter()
                .map(|value| json!({ "stringValue": &**value }));
            json!({ "arrayValue": { "values": values.collect::<Vec<_>>() } })
        }
        // A kind that this version does not know.
        other => json!({ "stringValue": other.to_string() }),
    }
}

fn nanos(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_nanos().to_string()
}
