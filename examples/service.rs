//! Everything on: the service to copy.
//!
//! `cargo run --example service`, then `curl 127.0.0.1:3000/users/7`. Probes and metrics are on the
//! management server: `curl 127.0.0.1:9464/readyz 127.0.0.1:9464/metrics`. Logs, traces and metrics are
//! exported if `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Stop it with Ctrl-C or SIGTERM.

use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::{Router, body::Body, routing::get};
use gusset::breaker::{CircuitOpen, http_response};
use gusset::health::{Check, SharedDependency};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tower::{BoxError, ServiceBuilder, ServiceExt as _, util::BoxCloneSyncService};

/// A client of the payment service that answers with the status.
type Payments = BoxCloneSyncService<Request<Body>, StatusCode, BoxError>;

async fn user(Path(id): Path<u32>) -> String {
    // The entry has the trace id and the request id of the call.
    tracing::info!(id, "found the user");
    metrics::counter!("users.found").increment(1);
    format!("user {id}\n")
}

async fn balance(State(payments): State<Payments>, Path(id): Path<u32>) -> StatusCode {
    let request = Request::get(format!("http://127.0.0.1:3001/balances/{id}"));
    let request = request.body(Body::empty()).expect("the address is valid");
    match payments.oneshot(request).await {
        Ok(status) => status,
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let payments = Check::tcp("payments", "127.0.0.1:3001");
    let gusset = gusset::builder()
        .health(|health| health.health_check(SharedDependency(payments)))
        .init()?;
    let breaker = gusset.breaker("payments")?.http_client();
    let payments = ServiceBuilder::new()
        .map_response(|response: axum::http::Response<_>| response.status())
        .layer(gusset.http_client())
        .layer(breaker.respond_with(|open: CircuitOpen| http_response(&open)))
        .map_response(|response: axum::http::Response<_>| response.map(Body::new))
        .map_err(BoxError::from)
        .service(Client::builder(TokioExecutor::new()).build_http());
    let app = Router::new()
        .route("/users/{id}", get(user))
        .route("/users/{id}/balance", get(balance))
        .with_state(Payments::new(payments))
        .layer(gusset.http());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await
}
