//! gusset on a plain hyper service, without a router: a function names the routes.
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

const ADDRESS: &str = "127.0.0.1:3001";

/// Returns the route template of a request. Paths as labels would let clients create new series.
fn route(request: RequestHead<'_>) -> Option<&str> {
    match request.uri.path() {
        "/" => Some("/"),
        path if path.starts_with("/items/") => Some("/items/{id}"),
        _ => None,
    }
}

async fn handle(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::from("hello\n"));
    if route(RequestHead::from(&request)).is_none() {
        response = Response::new(Full::from("not found\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let gusset = gusset::http()
        .metrics(|metrics| metrics.route(route))
        .exclude_paths(["/metrics"])
        .build()?;
    let metrics = gusset.metrics_endpoint();
    let service = ServiceBuilder::new().layer(gusset.layer()).service_fn(
        move |request: Request<Incoming>| {
            let metrics = metrics.clone();
            async move {
                match request.uri().path() {
                    "/metrics" => metrics.oneshot(request).await,
                    _ => handle(request).await,
                }
            }
        },
    );
    let listener = TcpListener::bind(ADDRESS).await?;
    println!("http://{ADDRESS}/items/7");
    println!("http://{ADDRESS}/metrics");
    loop {
        let socket = TokioIo::new(listener.accept().await?.0);
        let service = TowerToHyperService::new(service.clone());
        // Errors of connections are ignored; gusset reports those of requests.
        tokio::spawn(http1::Builder::new().serve_connection(socket, service));
    }
}
