//! Who the shop calls: a small server that charges cards, and the client that wears gusset's other
//! side.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use gusset::http::{RequestIdLayer, Route};
use gusset::prometheus::PrometheusExporter;
use gusset::{ConfigError, HttpClient, Observed, Telemetry};
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _};

use super::summary::{self, Counts};
use super::{Closing, Failure, closed};

/// The shop's client of the payments server.
#[derive(Clone)]
pub(crate) struct Payments {
    client: Observed<Client<HttpConnector, Full<Bytes>>, HttpClientClassifier>,
    address: SocketAddr,
}

/// How the payments server itself counts, to be held against the page.
#[derive(Default)]
pub(crate) struct Charges {
    made: AtomicI64,
    declined: AtomicI64,
}

impl Charges {
    pub(crate) fn counts(&self) -> Counts {
        let made = self.made.load(Ordering::Relaxed);
        Counts::from([
            (summary::CHARGED, made),
            // The shop takes no money without placing the order.
            (summary::PLACED, made),
            (summary::DECLINED, self.declined.load(Ordering::Relaxed)),
        ])
    }
}

impl Payments {
    /// A client whose calls are measured, logged and traced there.
    pub(crate) fn client(signals: &Telemetry, address: SocketAddr) -> Result<Self, BuildError> {
        let gusset = signals.http_client().build()?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self {
            client: gusset.layer().layer(client),
            address,
        })
    }

    /// Whether the card was charged.
    pub(crate) async fn charge(&self, cents: u64) -> Result<bool, Failure> {
        let request = Request::post(format!("http://{}/charges", self.address))
            .header(header::CONTENT_TYPE, "application/json")
            // What the call is called, in all signals.
            .extension(Route::new("/charges"))
            .body(Full::from(cents.to_string()))?;
        let response = self.client.clone().oneshot(request).await?;
        match response.status() {
            StatusCode::CREATED => Ok(true),
            StatusCode::PAYMENT_REQUIRED => Ok(false),
            status => Err(format!("the payments server answered {status}").into()),
        }
    }
}

/// The payments server: it declines what costs more than 500. It is another service, if in the same
/// process: it has a page of its own, and its calls belong to the traces of the shop's.
pub(crate) fn serve(
    listener: TcpListener,
    signals: &Telemetry,
    charges: Arc<Charges>,
    closing: Closing,
) -> Result<impl Future<Output = io::Result<()>> + Send + use<>, Failure> {
    let page = PrometheusExporter::builder().build()?;
    let gusset = signals.http().prometheus(&page).build()?;
    let charge = |State(charges): State<Arc<Charges>>, Json(cents): Json<u64>| async move {
        let (count, status) = match cents {
            0..=50_000 => (&charges.made, StatusCode::CREATED),
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
    let serve = axum::serve(listener, app).with_graceful_shutdown(closed(closing));
    Ok(serve.into_future())
}
