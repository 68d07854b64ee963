//! A tonic client with a circuit breaker: while the server is down, calls fail at once.
//!
//! `cargo run --example tonic_server`, then `cargo run --example tonic_client`.

#[path = "greeter/mod.rs"]
mod greeter;

use std::time::Duration;

use greeter::GreetRequest;
use greeter::greeter_client::GreeterClient;
use tonic::transport::Endpoint;
use tower::{BoxError, ServiceBuilder};

const CALLS: u32 = 30;
const INTERVAL: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let gusset = gusset::builder().without_management().init()?;
    let server = std::env::var("SERVER").unwrap_or_else(|_| "http://127.0.0.1:3002".to_owned());
    let endpoint = Endpoint::from_shared(server)?.timeout(Duration::from_secs(2));
    let origin = endpoint.uri().clone();
    let channel = ServiceBuilder::new()
        // Outside, so that rejected calls are observed too.
        .layer(gusset.grpc_client())
        .layer(gusset.breaker("greeter")?.grpc_client())
        .service(endpoint.connect_lazy());
    // With the origin, metrics have the address of the server.
    let mut greeter = GreeterClient::with_origin(channel, origin);

    let calls = async {
        for _ in 0..CALLS {
            let name = "Ada".to_owned();
            match greeter.greet(GreetRequest { name }).await {
                Ok(reply) => tracing::info!(text = reply.into_inner().text, "reply"),
                Err(status) => tracing::warn!(code = %status.code(), "no reply"),
            }
            tokio::time::sleep(INTERVAL).await;
        }
    };
    gusset.serve(calls).await?;
    // What a scrape would return.
    eprintln!("{}", gusset.telemetry().prometheus().endpoint().render());
    Ok(())
}
