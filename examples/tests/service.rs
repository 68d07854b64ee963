//! The example to copy starts, serves, is scraped and probed, and ends with exit code 0 at SIGTERM.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "other tests use it too")]
#[path = "lifecycle/process.rs"]
mod process;

use std::net::SocketAddr;
use std::process::Command;

use process::{Process, example, get, until};
use serde_json::Value;

/// Returns the log entries so far.
fn entries(process: &Process) -> Vec<Value> {
    let log = process.stdout();
    let entries = log.lines().map(|line| serde_json::from_str(line).unwrap());
    entries.collect()
}

/// Waits for the entry with this message.
async fn entry(process: &Process, message: &str) -> Value {
    until(message, async || {
        let mut entries = entries(process).into_iter();
        entries.find(|entry| entry["message"] == message)
    })
    .await
}

#[tokio::test]
async fn service_is_observed_until_its_end() {
    let mut process = Process::start(
        Command::new(example("service"))
            .env("ADDRESS", "127.0.0.1:0")
            .env("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
            .env_remove("RUST_LOG"),
    )
    .unwrap();
    let listening = entry(&process, "listening").await;
    let address: SocketAddr = listening["address"].as_str().unwrap().parse().unwrap();
    let management = entry(&process, "the management server listens").await;
    let port = management["server.port"].as_u64().unwrap();
    let management: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();

    // The management server knows nothing of the service's runtime, so readiness may come a bit later.
    until("the service is ready", async || {
        get(management, "/readyz").filter(|(status, _)| *status == 200)
    })
    .await;
    let (status, response) = get(address, "/users/7").unwrap();
    assert_eq!(status, 200);
    assert!(response.contains("user 7"), "{response}");
    let (status, _) = get(address, "/users/7/balance").unwrap();
    assert_eq!(status, 502, "nothing listens on the port of payments");

    let (status, page) = get(management, "/metrics").unwrap();
    assert_eq!(status, 200);
    for expected in [
        r#"http_route="/users/{id}""#,
        "http_client_request_duration_seconds",
        "users_found_total 1",
        r#"gusset_breaker_state{"#,
        "gusset_health_",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    for probe in ["/livez", "/readyz", "/startupz", "/healthz"] {
        assert!(get(management, probe).is_some(), "{probe}");
    }

    process.terminate();
    assert_eq!(process.exit_status().await.code(), Some(0));
    assert_eq!(process.stderr(), "");
    let entries = entries(&process);
    let of_call = |entry: &&Value| entry["url.path"] == "/users/7" || entry["id"] == 7;
    let of_call: Vec<_> = entries.iter().filter(of_call).collect();
    assert_eq!(of_call.len(), 2, "{entries:?}");
    for key in ["trace_id", "request_id"] {
        assert!(of_call[0][key].is_string(), "{key} of {:?}", of_call[0]);
        assert_eq!(of_call[0][key], of_call[1][key]);
    }
    let stops = |entry: &Value| {
        let message = entry["message"].as_str().unwrap_or_default();
        message.starts_with("shutdown: closing the listener")
    };
    assert!(entries.iter().any(stops), "{entries:?}");
}

#[test]
fn example_has_at_most_60_lines() {
    let source = include_str!("../service.rs");
    assert!(source.lines().count() <= 60);
}
