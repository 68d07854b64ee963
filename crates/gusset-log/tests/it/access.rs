//! The line of a call.

use gusset_http::{RequestId, Route};
use gusset_log::{AccessLog, Format};
use http::{Response, StatusCode};
use serde_json::json;

use crate::support::*;

fn server() -> AccessLog {
    AccessLog::server().build_with(no_env).unwrap()
}

#[test]
fn a_call_gets_one_line_with_all_that_is_known_of_it() {
    let mut request = get("/items/42?token=secret");
    let headers = request.headers_mut();
    headers.insert("user-agent", "curl/8".parse().unwrap());
    headers.insert("authorization", "Bearer abcdefgh".parse().unwrap());
    request.extensions_mut().insert(Route::new("/items/{id}"));
    let line = json(|| call(server(), request, |_| Response::new("hello")));
    assert_eq!(
        line,
        json!({
            "timestamp": "2026-11-22T12:00:00.123456Z",
            "level": "INFO",
            "target": "gusset::access",
            "message": "GET /items/{id} 200",
            "http.request.method": "GET",
            "url.path": "/items/42",
            "http.response.status_code": 200,
            "http.response.body.size": 5,
            "user_agent.original": "curl/8",
            "http.server.request.duration": 0.002,
            "network.protocol.version": "1.1",
            "http.route": "/items/{id}",
            "gusset.http.server.time_to_head": 0.0015,
            "gusset.outcome": "success",
            "trace_id": "ab".repeat(16),
            "span_id": "cd".repeat(8),
            "trace_flags": "01",
        })
    );
}
