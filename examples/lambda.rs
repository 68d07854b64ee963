//! AWS Lambda: an axum router behind lambda_http. Telemetry is exported before the process is frozen.
//!
//! Deploy it with `cargo lambda`, and set `OTEL_EXPORTER_OTLP_ENDPOINT`. The log is JSON for CloudWatch.
//! `GUSSET_TRACES_FILTER=info,lambda_runtime=off` leaves out the spans of the runtime itself.

use std::time::Duration;

use axum::extract::Path;
use axum::{Router, routing::get};
use lambda_http::{Adapter, lambda_runtime};
use tower::{BoxError, ServiceBuilder};

const FLUSH_DEADLINE: Duration = Duration::from_secs(1);

async fn user(Path(id): Path<u32>) -> String {
    tracing::info!(id, "found the user");
    format!("user {id}\n")
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // Lambda itself checks the process and ends it, and nothing can scrape it.
    let gusset = gusset::builder()
        .without_health()
        .without_management()
        .init()?;
    let app = Router::new()
        .route("/users/{id}", get(user))
        .layer(gusset.http());
    let service = ServiceBuilder::new()
        // Outside of the adapter, which reads the body: the call has ended then.
        .then(move |response| {
            let gusset = gusset.clone();
            async move {
                gusset.flush_async(FLUSH_DEADLINE).await;
                response
            }
        })
        .service(Adapter::from(app));
    lambda_runtime::run(service).await
}
