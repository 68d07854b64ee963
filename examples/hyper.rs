//! gusset on a plain hyper service: no axum, no router, and a function that names the routes.
//!
//! `cargo run --example hyper`, then `curl 127.0.0.1:3001/items/7 127.0.0.1:3001/metrics`

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use gusset::http::RequestHead;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt as _};

/// The route of a request: a template. A path would let strangers choose the labels.
fn route(request: RequestHead<'_>) -> Option<&str> {
    match request.uri.path() {
        "/" => Some("/"),
        path if path.starts_with("/items/") => Some("/items/{id}"),
        _ => None,
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::from("something\n"));
    if route(RequestHead::from(&request)).is_none() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let gusset = gusset::http().metrics(|it| it.route(route)).build()?;
    let page = gusset.metrics_endpoint();
    let service = ServiceBuilder::new().layer(gusset.layer()).service_fn(
        move |request: Request<Incoming>| {
            let page = page.clone();
            async move {
                match request.uri().path() {
                    "/metrics" => page.oneshot(request).await,
                    _ => answer(request).await,
                }
            }
        },
    );
    let listener = TcpListener::bind("127.0.0.1:3001").await?;
    println!("http://127.0.0.1:3001/items/7 and http://127.0.0.1:3001/metrics");
    loop {
        let socket = TokioIo::new(listener.accept().await?.0);
        let service = TowerToHyperService::new(service.clone());
        // How a connection ends is its own business.
        tokio::spawn(http1::Builder::new().serve_connection(socket, service));
    }
}
