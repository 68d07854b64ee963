//! The payment service, and the shop's instrumented client of it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use gusset::breaker::{CircuitBreaker, Config};
use gusset::chaos::{Chaos, InjectedError};
use gusset::client::{ClientTimer, TimedBody};
use gusset::http::{RequestIdLayer, UrlTemplate};
use gusset::prometheus::PrometheusExporter;
use gusset::{ConfigError, Telemetry};
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt as _};

use super::report::{self, Counts};
use super::{BoxError, StopSignal, stopped};

const MAX_CHARGE_CENTS: u64 = 50_000;
const CHARGE_TIMEOUT: Duration = Duration::from_secs(2);
/// Failures in a row until the payment service is not called for a while.
const MAX_FAILURES: u32 = 5;

/// The shop's client of the payment service.
#[derive(Clone)]
pub(crate) struct Payments {
    client: BoxCloneSyncService<Request<Full<Bytes>>, StatusCode, BoxError>,
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
    /// Creates a client whose requests are measured by phase, logged and traced, with a breaker.
    pub(crate) fn client(
        telemetry: &Telemetry,
        chaos: &Chaos,
        address: SocketAddr,
    ) -> Result<Self, ConfigError> {
        let breaker = CircuitBreaker::builder("payments")
            .config(Config::consecutive(MAX_FAILURES))
            .metrics(telemetry.prometheus().recorder())
            .build()?;
        let timer = ClientTimer::builder().recorder(telemetry.prometheus().recorder());
        let timer = timer.build()?;
        let client = Client::builder(TokioExecutor::new())
            .build::<_, TimedBody<Full<Bytes>>>(timer.connector(HttpConnector::new()));
        let to_box: fn(InjectedError) -> BoxError = BoxError::from;
        // Injected faults are innermost, so that everything outside takes them for real ones.
        let client = ServiceBuilder::new()
            .map_response(|response: http::Response<_>| response.status())
            .layer(telemetry.http_client().build()?.layer())
            .layer(breaker.http_client())
            .timeout(CHARGE_TIMEOUT)
            .layer(chaos.http_client().errors(to_box))
            .map_err(BoxError::from)
            .layer(timer.layer())
            .service(client);
        Ok(Self {
            client: BoxCloneSyncService::new(client),
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
        match self.client.clone().oneshot(request).await? {
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
