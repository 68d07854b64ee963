//! A tonic server: an access log, spans and metrics of its methods, and the gRPC health service.
//!
//! `cargo run --example tonic_server`, then `cargo run --example tonic_client`.

#[path = "greeter/mod.rs"]
mod greeter;

use greeter::greeter_server::{Greeter, GreeterServer};
use greeter::{GreetReply, GreetRequest};
use tokio::net::TcpListener;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Request, Response, Status};

struct Polite;

#[tonic::async_trait]
impl Greeter for Polite {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetReply>, Status> {
        let GreetRequest { name } = request.into_inner();
        if name.is_empty() {
            return Err(Status::invalid_argument("a name is required"));
        }
        tracing::info!("greeted");
        let text = format!("Good day, {name}.");
        Ok(Response::new(GreetReply { text }))
    }
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset::init()?;
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3002".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let server = Server::builder()
        .layer(gusset.grpc())
        .add_service(GreeterServer::new(Polite))
        // For the gRPC probes of Kubernetes and of load balancers.
        .add_service(gusset.health().grpc())
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), gusset.shutdown_signal());
    gusset.serve(server).await
}
