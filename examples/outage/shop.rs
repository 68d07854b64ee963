//! The shop: its order page calls the payment service through a circuit breaker.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use gusset::breaker::classify::{GrpcFailures, HttpFailures};
use gusset::breaker::{CircuitBreaker, CircuitBreakerLayer, Config};
use gusset::http::{GrpcClientClassifier, Http, HttpClientClassifier};
use gusset::prometheus::PrometheusExporter;
use http::{Request, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::timeout::Timeout;
use tower::util::ServiceExt;
use tower::{Layer, Service};

use super::Failure;

/// How long the payment service may take.
const PATIENCE: Duration = Duration::from_millis(150);

/// How long a breaker stays open before it tries again.
pub(super) const PROBES_AFTER: Duration = Duration::from_millis(300);

/// What the order page needs.
#[derive(Clone)]
pub(crate) struct Shop {
    payments: SocketAddr,
    http: CircuitBreakerLayer<Http<HttpClientClassifier>, HttpFailures>,
    grpc: CircuitBreakerLayer<Http<GrpcClientClassifier>, GrpcFailures>,
}

/// A breaker of its own for each way to pay, on the shop's page of numbers.
pub(crate) fn breaker(name: &str, prometheus: &PrometheusExporter) -> Result<CircuitBreaker, Failure> {
    let config = Config::consecutive(3)
        .open_duration(PROBES_AFTER)
        .without_open_backoff();
    let breaker = CircuitBreaker::builder(name).config(config);
    Ok(breaker.metrics(prometheus.recorder()).build()?)
}

pub(crate) fn service(payments: SocketAddr, http: &CircuitBreaker, grpc: &CircuitBreaker) -> Router {
    let shop = Shop {
        payments,
        http: http.http_client(),
        grpc: grpc.grpc_client(),
    };
    Router::new()
        .route("/order", post(order))
        .route("/order-over-grpc", post(order_over_grpc))
        .with_state(shop)
}

/// Ordered and paid; or ordered, and to be paid when that can be done. Never an error page.
async fn order(State(shop): State<Shop>) -> &'static str {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    // The breaker outside, so that a call that took too long has failed.
    let client = shop.http.layer(Timeout::new(client, PATIENCE));
    answer(&pay(client, shop.payments, "/pay").await)
}

async fn order_over_grpc(State(shop): State<Shop>) -> &'static str {
    let mut builder = Client::builder(TokioExecutor::new());
    let client = builder.http2_only(true).build_http::<Empty<Bytes>>();
    let client = shop.grpc.layer(Timeout::new(client, PATIENCE));
    answer(&pay(client, shop.payments, "/shop.Payments/Pay").await)
}

fn answer(paid: &Result<(), Failure>) -> &'static str {
    match paid {
        Ok(()) => "paid",
        Err(_) => "ordered, pay later",
    }
}

/// Pays, to the last byte and the trailers of the answer.
async fn pay<S, B>(client: S, payments: SocketAddr, path: &'static str) -> Result<(), Failure>
where
    S: Service<Request<Empty<Bytes>>, Response = http::Response<B>, Error = Failure>,
    B: http_body::Body<Error: std::error::Error + Send + Sync + 'static>,
{
    let uri = Uri::builder()
        .scheme("http")
        .authority(payments.to_string());
    let request = Request::post(uri.path_and_query(path).build()?).body(Empty::new())?;
    let answer = client.oneshot(request).await?;
    if !answer.status().is_success() {
        return Err("not paid".into());
    }
    let whole = answer.into_body().collect().await?;
    match whole
        .trailers()
        .and_then(|trailers| trailers.get("grpc-status"))
    {
        Some(code) if code != "0" => Err("not paid".into()),
        _ => Ok(()),
    }
}
