//! Where the time of outgoing calls goes: phases of each call, metrics by server, and an archive of the last calls.
//!
//! `cargo run --example client` starts a server of its own, calls it twice, and prints the times as `curl -w` does, and the
//! calls as an HTTP archive, which the developer tools of browsers open. `cargo run --example client -- URL` calls that URL.

use std::error::Error;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use gusset::client::{CallTimings, ClientTimer, TimedBody, TimedResolver};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{HttpConnector, dns::GaiResolver};
use hyper_util::rt::TokioExecutor;
use tower::{ServiceBuilder, ServiceExt as _};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = match std::env::args().nth(1) {
        Some(url) => url,
        None => format!("http://{}/orders/7", serve().await?),
    };
    let timer = ClientTimer::builder().keep_recent(10).build()?;
    let resolver = TimedResolver::new(GaiResolver::new());
    let connector = timer.connector(HttpConnector::new_with_resolver(resolver));
    let client: Client<_, TimedBody<Full<Bytes>>> =
        Client::builder(TokioExecutor::new()).build(connector);
    let client = ServiceBuilder::new().layer(timer.layer()).service(client);
    for call in [
        "the first call, on a new connection",
        "the second, on the same",
    ] {
        let request = Request::get(&url).body(Full::default())?;
        let response = client.clone().oneshot(request).await?;
        let timings = response.extensions().get::<CallTimings>().cloned();
        let timings = timings.ok_or("the layer adds the times to each response")?;
        // The download is complete at the end of the body.
        response.into_body().collect().await?;
        println!("{call}:\n{}\n", timings.get());
    }
    println!("{}", timer.har());
    Ok(())
}

/// Serves one route on a free port of the loopback interface.
async fn serve() -> std::io::Result<std::net::SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = Router::new().route("/orders/{id}", get(|| async { "an order" }));
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(address)
}
