//! A collector that goes down and comes back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use bytes::Bytes;
use gusset_tests::clients::with_timeout;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A receiver of OTLP over HTTP that accepts everything, on one port.
#[derive(Debug)]
pub(crate) struct Collector {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    server: Option<JoinHandle<()>>,
}

// === impl Collector ===

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut collector = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            server: None,
        };
        collector.serve(listener);
        collector
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the number of received requests.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Closes the listener, and each connection after its request.
    pub(crate) async fn go_down(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            // The port is free afterwards.
            let _ = server.await;
        }
    }

    /// Opens the listener on the same port, unless it is open.
    pub(crate) async fn come_back(&mut self) {
        if self.server.is_some() {
            return;
        }
        // A connection of a client may have the port for a moment.
        let listener = with_timeout(async {
            loop {
                match TcpListener::bind(self.address).await {
                    Ok(listener) => break listener,
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        });
        let listener = listener.await;
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let receive = async |State(requests): State<Arc<AtomicU64>>, _: Bytes| {
            requests.fetch_add(1, Ordering::Relaxed);
        };
        let app = Router::new()
            .route("/v1/{signal}", post(receive))
            .layer(DefaultBodyLimit::disable())
            .with_state(self.requests.clone());
        let server = async move { axum::serve(listener, app).await.unwrap() };
        self.server = Some(tokio::spawn(server));
    }
}
