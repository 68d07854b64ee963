//! The shop, which calls the payment service through a circuit breaker.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use gusset::admission::IntoServiceError;
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

use super::BoxError;

const PAYMENT_TIMEOUT: Duration = Duration::from_millis(150);

/// How long a breaker stays open before it sends probes.
pub(super) const OPEN_DURATION: Duration = Duration::from_millis(300);

/// The state of the order handlers.
#[derive(Clone)]
pub(crate) struct Shop {
    payments: SocketAddr,
    http: CircuitBreakerLayer<Http<HttpClientClassifier>, HttpFailures>,
    grpc: CircuitBreakerLayer<Http<GrpcClientClassifier>, GrpcFailures>,
}

/// Builds a breaker, which records metrics.
pub(crate) fn breaker(
    name: &str,
    prometheus: &PrometheusExporter,
) -> Result<CircuitBreaker, BoxError> {
    let config = Config::consecutive(3)
        .open_duration(OPEN_DURATION)
        .without_open_backoff();
    let breaker = CircuitBreaker::builder(name).config(config);
    Ok(breaker.metrics(prometheus.recorder()).build()?)
}

pub(crate) fn service(
    payments: SocketAddr,
    http: &CircuitBreaker,
    grpc: &CircuitBreaker,
) -> Router {
    let shop = Shop {
        payments,
        http: http.http_client(),
        // hyper's body cannot be created, so rejected calls are errors and not responses.
        grpc: grpc.grpc_client().respond_by(IntoServiceError::default()),
    };
    Router::new()
        .route("/order", post(order))
        .route("/order-over-grpc", post(order_over_grpc))
        .with_state(shop)
}

/// Accepts an order even if the payment fails. The customer then pays later.
async fn order(State(shop): State<Shop>) -> &'static str {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    // The breaker is outside of the timeout, so that timeouts are failures to it.
    let client = shop.http.layer(Timeout::new(client, PAYMENT_TIMEOUT));
    response(&pay(client, shop.payments, "/pay").await)
}

async fn order_over_grpc(State(shop): State<Shop>) -> &'static str {
    let mut builder = Client::builder(TokioExecutor::new());
    let client = builder.http2_only(true).build_http::<Empty<Bytes>>();
    let client = shop.grpc.layer(Timeout::new(client, PAYMENT_TIMEOUT));
    response(&pay(client, shop.payments, "/shop.Payments/Pay").await)
}

fn response(paid: &Result<(), BoxError>) -> &'static str {
    match paid {
        Ok(()) => "paid",
        Err(_) => "ordered, pay later",
    }
}

/// Pays, and reads the whole response with its trailers.
async fn pay<S, B>(client: S, payments: SocketAddr, path: &'static str) -> Result<(), BoxError>
where
    S: Service<Request<Empty<Bytes>>, Response = http::Response<B>, Error = BoxError>,
    B: http_body::Body<Error: std::error::Error + Send + Sync + 'static>,
{
    let uri = Uri::builder()
        .scheme("http")
        .authority(payments.to_string());
    let request = Request::post(uri.path_and_query(path).build()?).body(Empty::new())?;
    let response = client.oneshot(request).await?;
    if !response.status().is_success() {
        return Err("the payment failed".into());
    }
    let body = response.into_body().collect().await?;
    match body
        .trailers()
        .and_then(|trailers| trailers.get("grpc-status"))
    {
        Some(code) if code != "0" => Err("the payment failed".into()),
        _ => Ok(()),
    }
}
