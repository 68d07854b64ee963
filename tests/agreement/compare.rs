//! The comparison, call by call: what one signal has of a call, the others have too.

use std::collections::HashMap;

use gusset::testing::{Capture, CapturedCall, SpanData, SpanKind, SpanStatus, Value};
use gusset_data::semconv;

use crate::clients::{HttpCall, Sender};

/// What access log entry and span of an HTTP call have in common.
const SHARED_BY_HTTP: [&str; 4] = [
    semconv::HTTP_REQUEST_METHOD,
    semconv::HTTP_RESPONSE_STATUS_CODE,
    semconv::NETWORK_PROTOCOL_VERSION,
    semconv::ERROR_TYPE,
];
const SHARED_BY_HTTP_SERVERS: [&str; 3] =
    [semconv::HTTP_ROUTE, semconv::URL_PATH, semconv::URL_SCHEME];
const SHARED_BY_GRPC: [&str; 3] = [
    semconv::RPC_METHOD,
    semconv::RPC_RESPONSE_STATUS_CODE,
    semconv::ERROR_TYPE,
];
/// What those of clients have in common.
const SHARED_BY_CLIENTS: [&str; 3] = [
    semconv::SERVER_ADDRESS,
    semconv::SERVER_PORT,
    semconv::EXCEPTION_MESSAGE,
];

/// The four kinds of observed calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    HttpServer,
    HttpClient,
    GrpcServer,
    GrpcClient,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [
        Self::HttpServer,
        Self::HttpClient,
        Self::GrpcServer,
        Self::GrpcClient,
    ];

    /// Returns the metric of the durations, which is also the key in the entry.
    pub(crate) fn duration(self) -> &'static str {
        match self {
            Self::HttpServer => "http.server.request.duration",
            Self::HttpClient => "http.client.request.duration",
            Self::GrpcServer => "rpc.server.call.duration",
            Self::GrpcClient => "rpc.client.call.duration",
        }
    }

    /// Returns the kind of an access log entry.
    pub(crate) fn of_entry(entry: &Value) -> Self {
        let mut kinds = Self::ALL.into_iter();
        let kind = kinds.find(|kind| entry.get(kind.duration()).is_some());
        kind.unwrap_or_else(|| panic!("no duration: {entry}"))
    }

    /// Returns what access log entry and span have both, or neither.
    fn shared(self) -> Vec<&'static str> {
        let (of_protocol, of_side): (&[_], &[_]) = match self {
            Self::HttpServer => (&SHARED_BY_HTTP, &SHARED_BY_HTTP_SERVERS),
            Self::HttpClient => (&SHARED_BY_HTTP, &SHARED_BY_CLIENTS),
            Self::GrpcServer => (&SHARED_BY_GRPC, &[]),
            Self::GrpcClient => (&SHARED_BY_GRPC, &SHARED_BY_CLIENTS),
        };
        [
            of_protocol,
            of_side,
            &[semconv::GUSSET_OUTCOME, semconv::GUSSET_STAGE],
        ]
        .concat()
    }

    fn is_server(self) -> bool {
        matches!(self, Self::HttpServer | Self::GrpcServer)
    }
}

/// Returns the text of a value of an entry, as labels have it.
pub(crate) fn text(entry: &Value, key: &str) -> Option<String> {
    entry.get(key).map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// Compares each access log entry with its span.
pub(crate) fn entries_and_spans(capture: &Capture, calls: &[CapturedCall]) {
    let is_of_call = |span: &SpanData| matches!(span.kind, SpanKind::Server | SpanKind::Client);
    let spans = capture.spans();
    assert_eq!(
        spans.iter().filter(|span| is_of_call(span)).count(),
        calls.len(),
        "one span for each access log entry"
    );
    for call in calls {
        let entry = call.entry();
        let span = call.span().unwrap_or_else(|| panic!("no span: {entry}"));
        let attribute = |name: &str| {
            let mut all = span.attributes.iter();
            all.find(|(key, _)| key == name)
                .map(|(_, value)| value.to_string())
        };
        let kind = Kind::of_entry(entry);
        for name in kind.shared() {
            let (in_entry, in_span) = (text(entry, name), attribute(name));
            assert_eq!(in_entry, in_span, "{name}: {entry} {span:#?}");
        }
        let is_error = matches!(span.status, SpanStatus::Error { .. });
        assert_eq!(
            is_error,
            is_error_of_span(kind, entry),
            "status of the span: {entry} {span:#?}"
        );
        let expected = if kind.is_server() {
            SpanKind::Server
        } else {
            SpanKind::Client
        };
        assert_eq!(span.kind, expected, "{entry}");
        let duration = span.end.duration_since(span.start).expect("it ends later");
        let in_entry = entry[kind.duration()].as_f64().expect("seconds");
        assert!(
            (duration.as_secs_f64() - in_entry).abs() < 1e-6,
            "{duration:?}: {entry}"
        );
        let has_error_type = entry.get(semconv::ERROR_TYPE).is_some();
        assert_eq!(has_error_type, is_error, "{entry}");
        // What the handler logs has the ids of the call.
        for event in call.events() {
            assert_eq!(
                event.get("request_id"),
                entry.get("request_id"),
                "{event} {entry}"
            );
        }
    }
}

/// Compares each call with what its client asked for.
pub(crate) fn requested(http_calls: &[HttpCall], calls: &[CapturedCall]) {
    let servers = calls.iter().map(CapturedCall::entry);
    let servers = servers.filter(|entry| Kind::of_entry(entry) == Kind::HttpServer);
    let mut by_id: HashMap<&str, Vec<&Value>> = HashMap::new();
    for entry in servers {
        let id = entry["request_id"].as_str().expect("every server sets one");
        by_id.entry(id).or_default().push(entry);
    }
    for call in http_calls {
        let entries = by_id.remove(&*call.id).unwrap_or_default();
        let expected = match call.sender {
            Sender::Rejected => 0,
            Sender::Forwarded => 2,
            _ => 1,
        };
        assert_eq!(entries.len(), expected, "{call:?}: {entries:#?}");
        for entry in entries {
            if entry[semconv::HTTP_ROUTE] == "/forward/{item}/{name}" {
                continue;
            }
            let (outcome, status) = call.behaviour.expected();
            let recorded = (
                entry[semconv::GUSSET_OUTCOME].as_str(),
                entry[semconv::HTTP_RESPONSE_STATUS_CODE].as_u64(),
            );
            assert_eq!(recorded, (Some(outcome), status), "{call:?}: {entry}");
        }
    }
    assert!(by_id.is_empty(), "no client sent these: {by_id:#?}");
}

/// Compares the two sides of each call between an instrumented client and a server.
pub(crate) fn both_sides(calls: &[CapturedCall]) -> usize {
    let clients: HashMap<_, _> = calls
        .iter()
        .filter(|call| !Kind::of_entry(call.entry()).is_server())
        .map(|call| (call.span().expect("compared before").span_id, call.entry()))
        .collect();
    let mut pairs = 0;
    for call in calls {
        let span = call.span().expect("compared before");
        let (server, parent) = (call.entry(), span.parent_span_id);
        let kind = Kind::of_entry(server);
        let Some(client) = parent.filter(|_| kind.is_server()).map(|id| clients[&id]) else {
            continue;
        };
        pairs += 1;
        assert_eq!(client["trace_id"], server["trace_id"]);
        let status = |entry: &Value| match kind {
            Kind::HttpServer => text(entry, semconv::HTTP_RESPONSE_STATUS_CODE),
            _ => text(entry, semconv::RPC_RESPONSE_STATUS_CODE),
        };
        let outcome = |entry: &Value| text(entry, semconv::GUSSET_OUTCOME);
        // A client may discard a body: a success to it, and a cancelled call to its server.
        let is_discarded = client.get(semconv::GUSSET_STAGE).is_some();
        if outcome(client).as_deref() == Some("success") && !is_discarded {
            assert_eq!(status(client), status(server), "{client} {server}");
            assert_eq!(
                outcome(server).as_deref(),
                Some("success"),
                "{client} {server}"
            );
            let size = semconv::HTTP_RESPONSE_BODY_SIZE;
            let is_head = server[semconv::HTTP_REQUEST_METHOD] == "HEAD";
            assert!(is_head || client[size] == server[size], "{client} {server}");
        }
    }
    pairs
}

/// Returns whether the span of a call has the status Error, by OpenTelemetry's conventions.
fn is_error_of_span(kind: Kind, entry: &Value) -> bool {
    match entry[semconv::GUSSET_OUTCOME].as_str().expect("a text") {
        "success" | "cancelled" => false,
        "client_error" => !kind.is_server(),
        _ => true,
    }
}
