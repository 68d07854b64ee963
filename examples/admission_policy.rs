//! A custom admission policy: rejects writes while the service is read-only.
//!
//! `cargo run --example admission_policy`, then `curl -X POST 127.0.0.1:3000/read-only` and
//! `curl -X POST 127.0.0.1:3000/orders`. Rejected calls are not errors of the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::{Router, routing::post};
use gusset::http::{Http, RequestHead};
use gusset::{Admission, AdmissionLayer, CallContext, Rejected};
use tokio::net::TcpListener;

/// Rejects writes while the switch is on.
struct ReadOnly(Arc<AtomicBool>);

impl Admission<Http> for ReadOnly {
    /// Nothing has to be released at the end of a call. A permit would observe the end.
    type Permit = ();
    type Rejection = Rejected;

    fn admit(&self, request: RequestHead<'_>, _: &mut CallContext) -> Result<(), Rejected> {
        match self.0.load(Ordering::Relaxed) && !request.method.is_safe() {
            true => Err(Rejected::new("read-only")),
            false => Ok(()),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset::init()?;
    let read_only = Arc::new(AtomicBool::new(false));
    let policy = ReadOnly(read_only.clone());
    let switch_on = async move || read_only.store(true, Ordering::Relaxed);
    let unavailable = |rejected: Rejected| {
        let text = format!("{rejected}\n");
        (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
    };
    let app = Router::new()
        .route(
            "/orders",
            post(|| async { "an order\n" }).get(|| async { "all orders\n" }),
        )
        // Inside of the layer that observes, so that rejections are observed.
        .layer(AdmissionLayer::<Http, _>::new(policy).respond_with(unavailable))
        .route("/read-only", post(switch_on))
        .layer(gusset.http());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await
}
