//! axum: an access log, spans, metrics, request ids and probes with three lines.
//!
//! `cargo run --example axum`, then `curl 127.0.0.1:3000/users/7` and `curl 127.0.0.1:9464/metrics`.

use std::net::SocketAddr;

use axum::extract::Path;
use axum::{Router, routing::get};
use tokio::net::TcpListener;

async fn user(Path(id): Path<u32>) -> String {
    tracing::info!(id, "found the user");
    format!("user {id}\n")
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset::init()?;
    let app = Router::new()
        .route("/users/{id}", get(user))
        // After the routes: `Router::layer` adds to those before it.
        .layer(gusset.http());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    // Log entries and spans then have the address of the client.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await
}
