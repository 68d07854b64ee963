//! A plain hyper service, without a router: its responses name their routes.
//!
//! `cargo run --example hyper`, then `curl 127.0.0.1:3000/items/7` and `curl 127.0.0.1:9464/metrics`.

use std::convert::Infallible;
use std::io;
use std::pin::pin;

use gusset::http::Route;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::ServiceBuilder;

async fn handle(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, route, text) = match request.uri().path() {
        "/" => (StatusCode::OK, Some("/"), "hello\n"),
        path if path.starts_with("/items/") => (StatusCode::OK, Some("/items/{id}"), "an item\n"),
        _ => (StatusCode::NOT_FOUND, None, "not found\n"),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    if let Some(route) = route {
        // A template. Paths as labels would let clients create new series.
        response.extensions_mut().insert(Route::new(route));
    }
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset::init()?;
    let service = ServiceBuilder::new()
        .layer(gusset.http())
        .service_fn(handle);
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let shutdown = gusset.shutdown_signal();
    let server = async move {
        let mut shutdown = pin!(shutdown);
        loop {
            let socket = tokio::select! {
                accepted = listener.accept() => TokioIo::new(accepted?.0),
                // `serve` waits for the calls in flight.
                () = &mut shutdown => return io::Result::Ok(()),
            };
            let service = TowerToHyperService::new(service.clone());
            // Errors of connections are ignored; gusset reports those of requests.
            tokio::spawn(http1::Builder::new().serve_connection(socket, service));
        }
    };
    gusset.serve(server).await
}
