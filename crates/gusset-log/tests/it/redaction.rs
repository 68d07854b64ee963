//! The redaction of secrets in entries.

use gusset_http::{QueryRedaction, Route};
use gusset_log::{AccessLog, AccessLogBuilder, Format, Redaction};
use http::{Request, Response};
use tracing::{info, info_span};

use crate::support::*;

#[test]
fn secrets_are_redacted_in_every_format() {
    for format in [
        Format::Json,
        Format::Ecs,
        Format::Logfmt,
        Format::pretty(true),
    ] {
        let lines = logged(builder(format), || {
            let span = info_span!("login", api_key = "hunter2", user = "me");
            span.in_scope(|| {
                info!(
                    password = "hunter2",
                    "user.accessToken" = ?Some("hunter2"),
                    url = "redis://me:hunter2@cache/0",
                    header = %"Bearer hunter2hunter2",
                    "connecting to amqp://u:hunter2@queue"
                );
            });
        });
        assert!(!lines[0].contains("hunter2"), "{lines:?}");
        assert!(
            lines[0].contains("REDACTED") && lines[0].contains("me"),
            "{lines:?}"
        );
    }
}

#[test]
fn custom_keys_and_patterns_are_redacted() {
    let redaction = Redaction::default()
        .key("iban")
        .pattern("[0-9]{4}-[0-9]{4}")
        .unwrap();
    let lines = logged(builder(Format::Json).redaction(redaction), || {
        info!(iban = 7, card = "1234-5678", "paid with 1234-5678");
    });
    let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(line["iban"], "REDACTED");
    assert_eq!(line["card"], "REDACTED");
    assert_eq!(line["message"], "paid with REDACTED");
}

/// Returns the entry of a request in every format, and its record.
fn logged_everywhere(log: fn() -> AccessLogBuilder, request: fn() -> Request<()>) -> Vec<String> {
    let work = || {
        let log = log().build_with(no_env).unwrap();
        call(log, request(), |_| Response::new("hello"));
    };
    let mut entries = vec![format!("{:?}", records(work))];
    for format in FORMATS {
        entries.extend(logged(builder(format()), work));
    }
    assert_eq!(entries.len(), FORMATS.len() + 1);
    entries
}

fn with_header(name: &'static str, value: &'static str) -> Request<()> {
    let mut request = get("/items/42");
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

#[test]
fn user_agent_is_scrubbed() {
    for request in [
        || with_header("user-agent", "curl/8 Bearer hunter2hunter2"),
        || with_header("user-agent", "bot (+https://me:hunter2@a.example)"),
        || with_header("user-agent", "basic\thunter2hunter2"),
    ] {
        for entry in logged_everywhere(AccessLog::server, request) {
            assert!(!entry.contains("hunter2"), "{entry}");
        }
    }
}

#[test]
fn referer_is_scrubbed() {
    for request in [
        || with_header("referer", "https://me:hunter2@a.example/list?q=hunter2"),
        || with_header("referer", "https://a.example/Bearer%20hunter2hunter2"),
    ] {
        for entry in logged_everywhere(|| AccessLog::server().referer(), request) {
            assert!(!entry.contains("hunter2"), "{entry}");
        }
    }
}

#[test]
fn path_is_scrubbed() {
    for request in [
        || get("/go/https://me:hunter2@a.example/list"),
        || get("/go/https%3A%2F%2Fme%3Ahunter2%40a.example"),
        || get("/login/Bearer%20hunter2hunter2"),
    ] {
        for entry in logged_everywhere(AccessLog::server, request) {
            assert!(!entry.contains("hunter2"), "{entry}");
            assert!(entry.contains("REDACTED"), "{entry}");
        }
    }
}

#[test]
fn url_of_client_is_scrubbed() {
    for format in [Format::Json, Format::Logfmt, Format::pretty(false)] {
        let lines = logged(builder(format), || {
            let log = AccessLog::client().build_with(no_env).unwrap();
            let request = get("http://me:hunter2@a.example/go/amqp://me:hunter2@queue");
            call_as_client(log, request, |_| Response::new("hello"));
        });
        assert!(!lines[0].contains("hunter2"), "{lines:?}");
    }
}

#[test]
fn query_hides_the_keys_of_log_fields() {
    fn request() -> Request<()> {
        get(
            "/items?page=2&password=hunter2&token=hunter2&api_key=hunter2&access_token=hunter2\
            &next=https://me:hunter2@a.example",
        )
    }
    fn log() -> AccessLogBuilder {
        AccessLog::server().query(QueryRedaction::default())
    }
    for entry in logged_everywhere(log, request) {
        assert!(!entry.contains("hunter2"), "{entry}");
    }
    let lines = logged(builder(Format::Json), || {
        call(log().build_with(no_env).unwrap(), request(), |_| {
            Response::new("hello")
        });
    });
    assert!(
        lines[0].contains("page=2&password=REDACTED&token=REDACTED&"),
        "{lines:?}"
    );
}

#[test]
fn hidden_path_is_nowhere_in_the_entry() {
    fn request() -> Request<()> {
        let mut request = with_header("referer", "https://a.example/patients/4711");
        *request.uri_mut() = "/patients/4711".parse().unwrap();
        request
    }
    fn request_with_route() -> Request<()> {
        let mut request = request();
        request
            .extensions_mut()
            .insert(Route::new("/patients/{id}"));
        request
    }
    let log = || AccessLog::server().referer().hide_paths(true);
    for entry in logged_everywhere(log, request) {
        assert!(!entry.contains("4711"), "{entry}");
        assert!(!entry.contains("/patients"), "{entry}");
    }
    for entry in logged_everywhere(log, request_with_route) {
        assert!(!entry.contains("4711"), "{entry}");
        assert!(entry.contains("/patients/{id}"), "{entry}");
    }
}

fn unimplemented() -> Response<&'static str> {
    let mut response = Response::new("");
    let status = http::HeaderValue::from_static("12");
    response.headers_mut().insert("grpc-status", status);
    response
}

#[test]
fn hidden_path_is_not_in_other_entries_of_the_request() {
    let lines = logged(builder(Format::Json), || {
        let client = AccessLog::client()
            .hide_paths(true)
            .build_with(no_env)
            .unwrap();
        let request = get("http://a.example/patients/4711");
        call_as_client(client, request, |_| Response::new("hello"));
        let server = AccessLog::grpc_server()
            .hide_paths(true)
            .build_with(no_env)
            .unwrap();
        let request = get("/patients.Patients/Get4711");
        call_as_grpc(server, request, |_| unimplemented());
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].contains(r#""url.full":"http://a.example""#),
        "{lines:?}"
    );
    assert!(lines.iter().all(|line| !line.contains("4711")), "{lines:?}");
}
