//! Who uses a service: pages, visitors, bots and sign-ins.
//!
//! `cargo run --example usage`, then with a browser `127.0.0.1:3000/items/7` and `127.0.0.1:9464/ops`, and
//! `curl -d ada 127.0.0.1:3000/sign-in` (the right password is in the header `x-password: correct`).

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Router, body::Bytes};
use gusset::usage::{FailureReason, SignIns};
use tokio::net::TcpListener;

async fn item(Path(id): Path<u32>) -> String {
    format!("item {id}\n")
}

/// Checks a password, and reports the result.
async fn sign_in(
    State(sign_ins): State<SignIns>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    account: Bytes,
) -> Result<&'static str, StatusCode> {
    let account = String::from_utf8_lossy(&account);
    let password = headers.get("x-password");
    if password.is_some_and(|password| password == "correct") {
        sign_ins.success(&account, peer);
        return Ok("welcome\n");
    }
    sign_ins.failure(&account, peer, FailureReason::WrongCredentials);
    // The client does not learn the reason.
    Err(StatusCode::UNAUTHORIZED)
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset::builder()
        // A custom bot, beside the usual ones.
        .usage(|usage| usage.bot("acme-monitor"))
        .init()?;
    let usage = gusset.usage().clone();
    let app = Router::new()
        .route("/items/{id}", get(item))
        .route("/sign-in", post(sign_in))
        .with_state(gusset.sign_ins())
        .layer(gusset.http());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    // The address of a client is the key of a visitor.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    let end = gusset.serve(server).await;
    let day = usage.report().last_day;
    tracing::info!(
        visitors = day.visitors,
        calls = day.calls,
        bot_calls = day.bot_calls,
        "the day"
    );
    end
}
