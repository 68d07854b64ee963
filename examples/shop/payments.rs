//! The payment service, and the shop's instrumented client of it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use gusset::http::{RequestIdLayer, UrlTemplate};
use gusset::kind::HttpClient;
use gusset::prometheus::PrometheusExporter;
use gusset::{ConfigError, Instrumented, Telemetry};
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _};

use super::report::{self, Counts};
use super::{BoxError, StopSignal, stopped};

const MAX_CHARGE_CENTS: u64 = 50_000;

/// The shop's client of the payment service.
#[derive(Clone)]
pub(crate) struct Payments {
    client: Instrumented<Client<HttpConnector, Full<Bytes>>, HttpClient>,
    address: SocketAddr,
}

/// The payment service's own count, for comparison with the shop's metrics.
#[derive(Default)]
pub(crate) struct Charges {
    accepted: AtomicI64,
    declined: AtomicI64,
}

impl Charges {
    pub(crate) fn counts(&self) -> Counts {
        let accepted = self.accepted.load(Ordering::Relaxed);
        Counts::from([
            (report::CHARGED, accepted),
            // Each accepted charge is an order.
            (report::PLACED, accepted),
            (report::DECLINED, self.declined.load(Ordering::Relaxed)),
        ])
    }
}

impl Payments {
    /// Creates a client whose requests are measured, logged and traced.
    pub(crate) fn client(telemetry: &Telemetry, address: SocketAddr) -> Result<Self, ConfigError> {
        let gusset = telemetry.http_client().build()?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self {
            client: gusset.layer().layer(client),
            address,
        })
    }

    /// Charges a card, and returns whether the charge was accepted.
    pub(crate) async fn charge(&self, cents: u64) -> Result<bool, BoxError> {
        let request = Request::post(format!("http://{}/charges", self.address))
            .header(header::CONTENT_TYPE, "application/json")
            // Names the request in logs, traces and metrics.
            .extension(UrlTemplate::new("/charges"))
            .body(Full::from(cents.to_string()))?;
        let response = self.client.clone().oneshot(request).await?;
        match response.status() {
            StatusCode::CREATED => Ok(true),
            StatusCode::PAYMENT_REQUIRED => Ok(false),
            status => Err(format!("the payment service returned {status}").into()),
        }
    }
}

/// Serves the payment service, which declines charges over [`MAX_CHARGE_CENTS`].
///
/// It stands for another service: it has its own metrics, and its spans continue the shop's traces.
pub(crate) fn serve(
    listener: TcpListener,
    telemetry: &Telemetry,
    charges: Arc<Charges>,
    stop: StopSignal,
) -> Result<impl Future<Output = io::Result<()>> + Send + use<>, BoxError> {
    let prometheus = PrometheusExporter::builder().build()?;
    let gusset = telemetry.http().prometheus(&prometheus).build()?;
    let charge = |State(charges): State<Arc<Charges>>, Json(cents): Json<u64>| async move {
        let (count, status) = match cents {
            0..=MAX_CHARGE_CENTS => (&charges.accepted, StatusCode::CREATED),
            _ => (&charges.declined, StatusCode::PAYMENT_REQUIRED),
        };
        count.fetch_add(1, Ordering::Relaxed);
        status
    };
    let app = Router::new()
        .route("/charges", post(charge))
        .with_state(charges)
        .layer(gusset.layer())
        .layer(RequestIdLayer::new());
    let serve = axum::serve(listener, app).with_graceful_shutdown(stopped(stop));
    Ok(serve.into_future())
}
