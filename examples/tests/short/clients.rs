//! A client of HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::collector::Collector;
use crate::running::{Running, command};

type Parents = Arc<Mutex<Vec<String>>>;

/// Starts a server that fails a number of times. It keeps the `traceparent` of each request.
async fn failing(times: usize) -> (SocketAddr, Parents) {
    let parents = Parents::default();
    let seen = parents.clone();
    let user = async move |headers: HeaderMap| {
        let mut seen = seen.lock().unwrap();
        seen.push(headers["traceparent"].to_str().unwrap().to_owned());
        match seen.len() > times {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        }
    };
    let app = Router::new().route("/users/{id}", get(user));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
    (address, parents)
}

#[tokio::test]
async fn attempts_of_reqwest_are_spans_of_one_trace() {
    let (server, parents) = failing(2).await;
    let collector = Collector::start().await;
    let url = format!("http://{server}");
    let mut client = command("reqwest");
    let mut client = Running::start(collector.configure(client.env("SERVER", url)));
    assert_eq!(client.exit_code().await, Some(0));

    let parents = parents.lock().unwrap().clone();
    assert_eq!(parents.len(), 3);
    let (trace, span) = (3..35, 36..52);
    for pair in parents.windows(2) {
        assert_eq!(
            pair[0][trace.clone()],
            pair[1][trace.clone()],
            "{parents:?}"
        );
        assert_ne!(pair[0][span.clone()], pair[1][span.clone()], "{parents:?}");
    }
    let attempts = client.access_entries();
    let statuses: Vec<_> = attempts
        .iter()
        .map(|entry| entry["http.response.status_code"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [503, 503, 200]);
    for entry in attempts {
        assert_eq!(entry["url.template"], "/users/{id}", "{entry}");
        assert_eq!(entry["trace_id"], parents[0][trace.clone()], "{entry}");
    }
    let response = client.entry("response").await;
    assert_eq!(response["trace_id"], parents[0][trace]);
    let mut names = collector.span_names();
    names.sort();
    let attempt = "GET /users/{id}";
    assert_eq!(names, [attempt, attempt, attempt, "user"]);
    let spans = collector.requests("/v1/traces");
    let spans = format!("{spans:?}");
    assert!(spans.contains("http.request.resend_count"), "{spans}");
}

#[tokio::test]
async fn reqwest_gives_up_after_its_retries() {
    let (server, parents) = failing(usize::MAX).await;
    let url = format!("http://{server}");
    let mut client = Running::start(command("reqwest").env("SERVER", url));
    assert_eq!(client.exit_code().await, Some(0));
    assert_eq!(parents.lock().unwrap().len(), 4);
    let response = client.entry("response").await;
    assert_eq!(response["status_code"], 503);
}

#[tokio::test]
async fn second_call_is_on_the_connection_of_the_first() {
    let mut client = Running::start(&mut command("client"));
    assert_eq!(client.exit_code().await, Some(0));
    let printed = client.process.stdout();
    let connects: Vec<_> = printed
        .lines()
        .filter(|line| line.starts_with("num_connects"))
        .collect();
    assert_eq!(
        connects,
        ["num_connects: 1", "num_connects: 0"],
        "{printed}"
    );
    let archive = printed.lines().last().unwrap_or_default();
    let archive: serde_json::Value = serde_json::from_str(archive).unwrap();
    assert_eq!(archive["log"]["entries"].as_array().unwrap().len(), 2);
    assert_eq!(archive["log"]["entries"][1]["timings"]["connect"], -1.0);
}
