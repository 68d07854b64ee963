//! The servers: axum with nested routers, and tonic. All have the layers of one `Gusset`.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use gusset::Gusset;
use gusset_tests::word_service::WordService;
use http::{Request, StatusCode, Uri};
use tokio::net::TcpListener;
use tonic::transport::server::{Server, TcpIncoming};
use tower_http::timeout::TimeoutLayer;

use crate::behaviour::respond;
use crate::clients::HttpClient;
use crate::entered::Entered;

/// The time-out of the layer inside of the observers.
const TIMEOUT: Duration = Duration::from_millis(5);

/// The running servers.
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    pub(crate) http: SocketAddr,
    pub(crate) grpc: Uri,
    pub(crate) entered: Entered,
}

/// Starts the servers on this runtime. `client` sends the requests to `/forward` on.
pub(crate) async fn start(gusset: &Gusset, client: HttpClient) -> Servers {
    let entered = Entered::default();
    let (listener, http) = listen().await;
    let app = app(gusset, &entered, client, http);
    tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });

    let (listener, grpc) = listen().await;
    let (words, _) = WordService::new();
    let server = Server::builder().layer(gusset.grpc()).add_service(words);
    tokio::spawn(async move {
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let served = server.serve_with_incoming(incoming);
        served.await.expect("it serves");
    });
    Servers {
        http,
        grpc: format!("http://{grpc}").parse().expect("a URI"),
        entered,
    }
}

fn app(gusset: &Gusset, entered: &Entered, client: HttpClient, address: SocketAddr) -> Router {
    let entered = entered.clone();
    let handler = any(move |path, request| respond(entered.clone(), path, request));
    let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT);
    let items = Router::new().route("/{item}/{name}", handler.clone());
    let slow = Router::new().route("/{item}/{name}", handler.layer(timeout));
    let forward = any(move |path, request| forward(client.clone(), address, path, request));
    Router::new()
        .nest("/api", Router::new().nest("/v1", items).nest("/slow", slow))
        .route("/forward/{item}/{name}", forward)
        // Excluded by the settings.
        .route("/internal/{name}", get(async || "excluded"))
        .layer(gusset.http())
}

/// Sends the request to the same server, as an instrumented client.
async fn forward(
    client: HttpClient,
    address: SocketAddr,
    Path((item, name)): Path<(String, String)>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let uri = format!("http://{address}/api/v1/{item}/{name}");
    let request = Request::builder().method(parts.method).uri(uri).body(body);
    match client.call(request.expect("a request")).await {
        Ok(response) => response.map(Body::new),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}
