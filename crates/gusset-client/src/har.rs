//! Calls as an HTTP archive.

use std::time::{Duration, SystemTime};

use http::Version;
use serde_json::{Value, json};

use crate::{Phase, RecentCall, Timings};

/// Returns calls as an HTTP archive, version 1.2. It has no headers, cookies and bodies.
pub(crate) fn archive(calls: &[RecentCall]) -> Value {
    let entries: Vec<_> = calls.iter().map(entry).collect();
    json!({
        "log": {
            "version": "1.2",
            "creator": { "name": "gusset-client", "version": env!("CARGO_PKG_VERSION") },
            "entries": entries,
        }
    })
}

fn entry(call: &RecentCall) -> Value {
    let timings = call.timings();
    let version = call.version().map_or("", version);
    // A call without a response has the status 0, as browsers write it.
    let status = call.status().map_or(0, |status| status.as_u16());
    let reason = call.status().and_then(|status| status.canonical_reason());
    let mut entry = json!({
        "startedDateTime": time(call.started()),
        "time": milliseconds(timings.total()),
        "request": {
            "method": call.method().as_str(),
            "url": call.url(),
            "httpVersion": version,
            "cookies": [],
            "headers": [],
            "queryString": [],
            "headersSize": -1,
            "bodySize": -1,
        },
        "response": {
            "status": status,
            "statusText": reason.unwrap_or_default(),
            "httpVersion": version,
            "cookies": [],
            "headers": [],
            "content": { "size": 0, "mimeType": "" },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": phases(timings),
    });
    if let Some(error) = call.error_type() {
        // The field of Chromium.
        entry["response"]["_error"] = error.into();
    }
    entry
}

/// Returns the phases: `-1` for one that did not happen. `connect` includes the handshake, as the format has it.
fn phases(timings: &Timings) -> Value {
    let optional = |phase| timings.get(phase).map_or(-1.0, milliseconds);
    let required = |phase| milliseconds(timings.get(phase).unwrap_or_default());
    let connect = match (timings.get(Phase::Tcp), timings.get(Phase::Tls)) {
        (None, None) => -1.0,
        (tcp, tls) => milliseconds(tcp.unwrap_or_default() + tls.unwrap_or_default()),
    };
    json!({
        "blocked": optional(Phase::Wait),
        "dns": optional(Phase::Dns),
        "connect": connect,
        "ssl": optional(Phase::Tls),
        "send": required(Phase::Send),
        "wait": required(Phase::FirstByte),
        "receive": required(Phase::Download),
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}

/// Returns a time in the format of RFC 3339. A time before 1970 is that of 1970.
fn time(at: SystemTime) -> String {
    let at = at.max(SystemTime::UNIX_EPOCH);
    humantime::format_rfc3339_millis(at).to_string()
}
