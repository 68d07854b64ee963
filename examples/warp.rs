//! warp: its filters are a Tower service, which hyper serves. Each filter names its route.
//!
//! `cargo run --example warp`, then `curl 127.0.0.1:3000/users/7` and `curl 127.0.0.1:9464/metrics`.

use std::io;
use std::pin::pin;

use gusset::http::Route;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use warp::{Filter, Reply, reply::Response};

/// Returns a response that names its route, which warp does not have as one text.
fn with_route(template: &'static str, reply: impl Reply) -> Response {
    let mut response = reply.into_response();
    response.extensions_mut().insert(Route::new(template));
    response
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset::init()?;
    let user = warp::path!("users" / u32).map(|id| {
        tracing::info!(id, "found the user");
        with_route("/users/{id}", format!("user {id}\n"))
    });
    let index = warp::path::end().map(|| with_route("/", "hello\n"));
    let service = ServiceBuilder::new()
        .layer(gusset.http())
        .service(warp::service(user.or(index)));

    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let shutdown = gusset.shutdown_signal();
    let server = async move {
        let mut shutdown = pin!(shutdown);
        loop {
            let socket = tokio::select! {
                accepted = listener.accept() => TokioIo::new(accepted?.0),
                () = &mut shutdown => return io::Result::Ok(()),
            };
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(http1::Builder::new().serve_connection(socket, service));
        }
    };
    gusset.serve(server).await
}
