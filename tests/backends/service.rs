//! An instrumented service whose telemetry is exported and can be scraped.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gusset::Gusset;
use gusset::log::Format;
use gusset_tests::programs::STEP_TIMEOUT;
use gusset_tests::servers::Server;

use crate::page;

/// The calls of one round.
pub(crate) const CALLS_PER_ROUND: usize = 5;

/// A service, with its telemetry and its log.
pub(crate) struct Service {
    server: Server,
    gusset: Gusset,
    log: Log,
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// === impl Service ===

impl Service {
    /// Starts a service with these environment variables.
    pub(crate) fn start(variables: &[(&str, String)]) -> Self {
        let env = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            let default = (name == "OTEL_SERVICE_NAME").then(|| "backends".to_owned());
            found.map(|(_, value)| value.clone()).or(default)
        };
        let log = Log::default();
        let writer = log.clone();
        let gusset = gusset::builder()
            .log(|log| log.format(Format::Ecs).writer(writer))
            .without_health()
            .without_panic_hook()
            .build_with(env)
            .unwrap();
        let router = Router::new()
            .route("/orders/{id}", get(order))
            .route("/orders", post(async |body: Bytes| body))
            .route("/fails", get(async || StatusCode::INTERNAL_SERVER_ERROR))
            .layer(gusset.http());
        Self {
            server: Server::axum(router),
            gusset,
            log,
        }
    }

    /// Sends `round` times calls of several routes, sizes and statuses.
    pub(crate) async fn call(&self, rounds: usize) {
        let client = reqwest::Client::new();
        let url = format!("http://{}", self.server.addr());
        for number in 0..rounds {
            let calls: [_; CALLS_PER_ROUND] = [
                client.get(format!("{url}/orders/{number}")),
                client.get(format!("{url}/orders/none")),
                client.get(format!("{url}/nowhere")),
                client.get(format!("{url}/fails")),
                client
                    .post(format!("{url}/orders"))
                    .body("x".repeat(700 * number)),
            ];
            for call in calls {
                let response = call.send().await.unwrap();
                response.bytes().await.unwrap();
            }
        }
    }

    /// Exports and writes what was recorded so far.
    pub(crate) async fn flush(&self) {
        let gusset = self.gusset.clone();
        let flush = tokio::task::spawn_blocking(move || gusset.flush(STEP_TIMEOUT));
        assert!(flush.await.unwrap(), "everything is exported");
    }

    /// Returns the address of the metrics endpoint.
    pub(crate) fn management(&self) -> SocketAddr {
        self.gusset.management_addr().unwrap()
    }

    /// Returns the samples of the metrics endpoint.
    pub(crate) async fn page(&self) -> page::Samples {
        let url = format!("http://{}/metrics", self.management());
        let page = reqwest::get(url).await.unwrap().text().await.unwrap();
        page::samples(&page)
    }

    /// Returns the log entries.
    pub(crate) fn log(&self) -> Vec<String> {
        let log = String::from_utf8(self.log.0.lock().unwrap().clone()).unwrap();
        log.lines().map(str::to_owned).collect()
    }
}

async fn order(Path(id): Path<u64>) -> String {
    tracing::info!(id, "order found");
    format!("order {id}")
}
