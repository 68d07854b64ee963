//! A Unix socket, as behind nginx or a sidecar. Probes and metrics stay on TCP.
//!
//! `cargo run --example unix_socket`, then `curl --unix-socket /tmp/gusset.sock http://localhost/users/7`.

#[cfg(unix)]
#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    use axum::{Router, routing::get};

    let gusset = gusset::init()?;
    let app = Router::new()
        .route("/users/{id}", get(|| async { "a user\n" }))
        .layer(gusset.http());
    let path = std::env::var("SOCKET").unwrap_or_else(|_| "/tmp/gusset.sock".to_owned());
    // What a process left that was killed. Otherwise the address is in use.
    let _ = std::fs::remove_file(&path);
    let listener = tokio::net::UnixListener::bind(&path)?;
    tracing::info!(path, "listening");
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    let result = gusset.serve(server).await;
    let _ = std::fs::remove_file(&path);
    result
}

#[cfg(not(unix))]
fn main() {
    eprintln!("this system has no Unix sockets");
}
