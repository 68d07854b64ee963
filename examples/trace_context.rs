//! A service that hands its trace on: axum's server, hyper-util's client, and W3C Trace Context.
//!
//! `cargo run --example trace_context -- 127.0.0.1:5000`, then
//!
//! ```sh
//! curl 127.0.0.1:5000/ --json '[{"url": "http://127.0.0.1:5000/", "arguments": []}]' \
//!     -H 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
//! ```
//!
//! It does what the W3C's own test suite asks of a service: it is sent a list of URLs with arguments, and
//! calls each with its arguments, in order, before it answers. `RUST_LOG=off` silences it.

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

/// A client whose requests are spans, and say so in their headers.
type Traced = Observe<
    Inject<Client<HttpConnector, Full<bytes::Bytes>>>,
    Http<gusset::http::HttpClientClassifier>,
    TraceObserver,
>;

type Failed = Box<dyn Error + Send + Sync>;

#[derive(Deserialize)]
struct Call {
    url: String,
    arguments: Value,
}

/// Calls each in order. An answer that does not come is the caller's to find out.
async fn relay(State(client): State<Traced>, Json(calls): Json<Vec<Call>>) -> (StatusCode, String) {
    for call in calls {
        if let Err(error) = send(client.clone(), &call).await {
            tracing::warn!(%error, "a call failed");
            return (StatusCode::BAD_GATEWAY, "a call failed\n".to_owned());
        }
    }
    let trace = current_span_context().map(|trace| trace.trace_id().to_string());
    (StatusCode::OK, format!("{}\n", trace.unwrap_or_default()))
}

async fn send(client: Traced, call: &Call) -> Result<(), Failed> {
    let request = Request::post(&call.url)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from(serde_json::to_vec(&call.arguments)?))?;
    let response = client.oneshot(request).await?;
    // The span ends with the body of the answer.
    response.into_body().collect().await?;
    Ok(())
}

/// The whole service.
pub(crate) fn app() -> Result<Router, Failed> {
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
async fn main() -> Result<(), Failed> {
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
