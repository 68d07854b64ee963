//! A collector that accepts everything as JSON over HTTP.

use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::Uri;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A collector, and what it has received.
pub(crate) struct Collector {
    endpoint: String,
    received: Received,
}

type Received = Arc<Mutex<Vec<(String, Value)>>>;

async fn receive(
    State(received): State<Received>,
    uri: Uri,
    Json(body): Json<Value>,
) -> Json<Value> {
    received.lock().unwrap().push((uri.path().to_owned(), body));
    Json(json!({}))
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let received = Received::default();
        let app = Router::new()
            .route("/v1/{signal}", post(receive))
            .with_state(received.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        Self { endpoint, received }
    }

    /// Makes a process export here.
    pub(crate) fn configure<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &self.endpoint)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
    }

    /// Returns what was received at a path so far.
    pub(crate) fn requests(&self, path: &str) -> Vec<Value> {
        let received = self.received.lock().unwrap();
        let requests = received.iter().filter(|(received, _)| received == path);
        requests.map(|(_, body)| body.clone()).collect()
    }

    /// Returns the names of all spans that were received.
    pub(crate) fn span_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for request in self.requests("/v1/traces") {
            for resource in request["resourceSpans"].as_array().unwrap() {
                for scope in resource["scopeSpans"].as_array().unwrap() {
                    let spans = scope["spans"].as_array().unwrap();
                    names.extend(
                        spans
                            .iter()
                            .map(|span| span["name"].as_str().unwrap().to_owned()),
                    );
                }
            }
        }
        names
    }
}
