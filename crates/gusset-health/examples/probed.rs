//! A service with probes: HTTP and gRPC on one port, `127.0.0.1:8080` or the first argument.
//!
//! ```text
//! cargo run -p gusset-health --example probed
//! curl -i localhost:8080/readyz
//! kill -TERM %1
//! ```

use std::error::Error;
use std::future::IntoFuture as _;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use gusset_core::{FilteredObserver, ObserveLayer};
use gusset_health::{Check, GrpcHealth, Health, LocalDependency, PATHS};
use gusset_http::{EndpointService, Http, PathFilter};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let index = Check::new("local-index", async || ()).initial_jitter(Duration::ZERO);
    let health = Health::builder()
        .readiness_check(LocalDependency(index))
        .drain_delay(Duration::from_secs(2))
        .build()?;
    let runtime = health.start()?;

    let observer = FilteredObserver::new(health.in_flight(), PathFilter::excluding(PATHS));
    let mut app = Router::new()
        .route("/", get(async || "hello\n"))
        .layer(ObserveLayer::<Http, _>::new(observer))
        .route_service(GrpcHealth::PATH, health.grpc().service("shop.v1.Cart")?);
    for (path, probe) in health.probes() {
        app = app.route_service(path, EndpointService::new(probe));
    }

    let address = std::env::args()
        .nth(1)
        .unwrap_or("127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    health.lifecycle().mark_started();
    let server = axum::serve(listener, app).with_graceful_shutdown(runtime.shutdown_signal());
    let report = runtime.serve(server.into_future()).await;
    Ok(report.exit_code())
}
