//! A service that propagates traces by W3C Trace Context, with axum's server and hyper-util's client.
//!
//! `cargo run --example trace_context -- 127.0.0.1:5000`, then
//!
//! ```sh
//! curl 127.0.0.1:5000/ --json '[{"url": "http://127.0.0.1:5000/", "arguments": []}]' \
//!     -H 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
//! ```
//!
//! It implements the service that the W3C's test suite requires: it receives a list of URLs with arguments,
//! and posts the arguments to each URL, in order, before it responds. `RUST_LOG=off` turns its log off.

use std::error::Error;

use axum::Router;
use axum::extract::{Json, State};
use axum::http::{Request, StatusCode, header};
use axum::routing::post;
use gusset::http::Http;
use gusset::trace::{ClientLayer, Inject, TraceObserver, current_span_context};
use gusset::{Observe, ObserveLayer};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// A client that makes a span for each request and injects its context into the headers.
type TracedClient = Observe<
    Inject<Client<HttpConnector, Full<bytes::Bytes>>>,
    Http<gusset::http::HttpClientClassifier>,
    TraceObserver,
>;

type BoxError = Box<dyn Error + Send + Sync>;

#[derive(Deserialize)]
struct Call {
    url: String,
    arguments: Value,
}

/// Sends the calls in order. Responds with 502 if one of them fails.
async fn relay(
    State(client): State<TracedClient>,
    Json(calls): Json<Vec<Call>>,
) -> (StatusCode, String) {
    for call in calls {
        if let Err(error) = send(client.clone(), &call).await {
            tracing::warn!(%error, "call failed");
            return (StatusCode::BAD_GATEWAY, "call failed\n".to_owned());
        }
    }
    let trace = current_span_context().map(|trace| trace.trace_id().to_string());
    (StatusCode::OK, format!("{}\n", trace.unwrap_or_default()))
}

async fn send(client: TracedClient, call: &Call) -> Result<(), BoxError> {
    let request = Request::post(&call.url)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from(serde_json::to_vec(&call.arguments)?))?;
    let response = client.oneshot(request).await?;
    // The span ends when the response body does.
    response.into_body().collect().await?;
    Ok(())
}

/// Builds the service.
pub(crate) fn app() -> Result<Router, BoxError> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let client = ClientLayer::new(TraceObserver::client().build()?)?.layer(client);
    let server = ObserveLayer::<Http, _>::new(TraceObserver::server().build()?);
    Ok(Router::new()
        .route("/", post(relay))
        .route("/{*path}", post(relay))
        .layer(server)
        .with_state(client))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::CLOSE)
        .init();

    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:5000")).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app()?).await?;
    Ok(())
}
