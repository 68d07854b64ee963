//! gusset on a plain hyper service: no axum, no router, and a function that names the routes.
//!
//! ```text
//! cargo run --example hyper                 then: curl 127.0.0.1:3001/items/7 127.0.0.1:3001/metrics
//! ```

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use gusset::http::{EndpointService, RequestHead};
use gusset::prometheus::Page;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt, service_fn};

type Page_ = EndpointService<Page>;

/// The route of a request: a template, for a path would let strangers choose the labels.
fn route(request: RequestHead<'_>) -> Option<&str> {
    match request.uri.path() {
        "/" => Some("/"),
        path if path.starts_with("/items/") => Some("/items/{id}"),
        _ => None,
    }
}

async fn answer(request: Request<Incoming>, page: Page_) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = match request.uri().path() {
        "/" => "hello\n".to_owned(),
        "/metrics" => return page.oneshot(request).await,
        path => match path.strip_prefix("/items/") {
            Some(id) => format!("item {id}\n"),
            None => {
                let mut response = Response::new(Full::from("not here\n"));
                *response.status_mut() = StatusCode::NOT_FOUND;
                return Ok(response);
            }
        },
    };
    Ok(Response::new(Full::from(text)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let gusset = gusset::http().metrics(|metrics| metrics.route(route)).build()?;
    let page = gusset.page();
    let service = gusset.layer().layer(service_fn(move |request| answer(request, page.clone())));
    let listener = TcpListener::bind("127.0.0.1:3001").await?;
    println!("http://127.0.0.1:3001/items/7 and http://127.0.0.1:3001/metrics");
    loop {
        let (socket, _) = listener.accept().await?;
        let mut connection = http1::Builder::new();
        connection.timer(TokioTimer::new());
        let serve = connection.serve_connection(TokioIo::new(socket), TowerToHyperService::new(service.clone()));
        // An error is a caller that broke the connection off.
        tokio::spawn(async { _ = serve.await });
    }
}
