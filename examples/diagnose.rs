//! A service that you can make ill, and its diagnosis.
//!
//! `cargo run --example diagnose`, and then `curl 127.0.0.1:3000`, which lists the illnesses:
//! `curl 127.0.0.1:3000/ill/blocking`. After three readings the terminal shows what is wrong, on what evidence, and what
//! to do; `curl 127.0.0.1:3000/diagnosis` shows it at any time. `/ill/none` makes the service well again.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::{Router, body::Body, routing::get};
use gusset::{Clock, Gusset};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::{BoxError, ServiceBuilder, ServiceExt as _, util::BoxCloneSyncService};

/// The illnesses, by the last part of their path.
pub(crate) const ILLNESSES: [(&str, &str); 5] = [
    ("none", "the service is well"),
    ("blocking", "handlers block the workers of the runtime"),
    ("computing", "orders compute more than there are CPUs for"),
    ("dependency", "the payment service answers slowly"),
    ("pool", "the pool of database connections is too small"),
];

/// How often readings are taken. A service takes one each 10 s; counters need a second at least.
const INTERVAL: Duration = Duration::from_millis(1500);
const POOL_SIZE: usize = 4;
const CLIENTS: usize = 16;

type Payments = BoxCloneSyncService<Request<Body>, StatusCode, BoxError>;

#[derive(Clone)]
struct Shop {
    gusset: Gusset,
    illness: Arc<AtomicUsize>,
    pool: Arc<Semaphore>,
    payments: Payments,
    payments_addr: SocketAddr,
}

impl Shop {
    fn is_ill(&self, name: &str) -> bool {
        ILLNESSES[self.illness.load(Relaxed)].0 == name
    }
}

/// Handles an order: a query of the database, a payment, and some work.
async fn order(State(shop): State<Shop>) -> Result<&'static str, StatusCode> {
    query(&shop).await;
    let request = Request::get(format!("http://{}/charge", shop.payments_addr));
    let request = request.body(Body::empty()).expect("the address is valid");
    let payment = shop.payments.clone().oneshot(request).await;
    payment.map_err(|_| StatusCode::BAD_GATEWAY)?;
    if shop.is_ill("blocking") {
        block();
    }
    if shop.is_ill("computing") {
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        let mut computations = JoinSet::new();
        for _ in 0..cpus {
            computations.spawn_blocking(compute);
        }
        computations.join_all().await;
    }
    Ok("ordered\n")
}

/// Makes the mistake: a worker of the runtime waits, and can run nothing else meanwhile.
#[expect(clippy::disallowed_methods, reason = "the mistake is deliberate")]
fn block() {
    std::thread::sleep(Duration::from_millis(200));
}

/// Computes on a thread of its own.
fn compute() {
    let clock = Clock::system();
    let end = clock.now() + Duration::from_millis(50);
    while clock.now() < end {
        std::hint::black_box((0..1000_u64).sum::<u64>());
    }
}

/// Takes a connection of the pool, which records the metrics of OpenTelemetry's conventions.
async fn query(shop: &Shop) {
    const POOL: &str = "db.client.connection.pool.name";
    metrics::gauge!("db.client.connection.max", POOL => "orders").set(POOL_SIZE as f64);
    let pending = metrics::gauge!("db.client.connection.pending_requests", POOL => "orders");
    let used = metrics::gauge!(
        "db.client.connection.count", POOL => "orders", "db.client.connection.state" => "used"
    );
    pending.increment(1.0);
    let connection = shop.pool.acquire().await.expect("the pool is never closed");
    pending.decrement(1.0);
    used.increment(1.0);
    let time = if shop.is_ill("pool") { 300 } else { 1 };
    sleep(Duration::from_millis(time)).await;
    used.decrement(1.0);
    drop(connection);
}

/// Answers for the payment service.
async fn charge(State(shop): State<Shop>) -> &'static str {
    if shop.is_ill("dependency") {
        sleep(Duration::from_millis(900)).await;
    }
    "charged\n"
}

async fn make_ill(
    State(shop): State<Shop>,
    Path(name): Path<String>,
) -> Result<String, StatusCode> {
    let found = ILLNESSES.iter().position(|(illness, _)| *illness == name);
    let found = found.ok_or(StatusCode::NOT_FOUND)?;
    shop.illness.store(found, Relaxed);
    Ok(format!("{}\n", ILLNESSES[found].1))
}

async fn diagnosis(State(shop): State<Shop>) -> String {
    let diagnosis = shop.gusset.diagnosis();
    diagnosis.map_or_else(String::new, |diagnosis| diagnosis.to_string())
}

async fn help() -> String {
    let lines = ILLNESSES.map(|(name, about)| format!("/ill/{name:<12} {about}\n"));
    lines.concat() + "/diagnosis       what is wrong, and what is not\n"
}

/// Serves the shop, its payment service and some clients, until the shutdown.
pub(crate) async fn run(gusset: Gusset, listener: TcpListener) -> Result<(), gusset::Error> {
    let payments_listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let client = ServiceBuilder::new()
        .map_response(|response: axum::http::Response<_>| response.status())
        .layer(gusset.http_client())
        .map_response(|response: axum::http::Response<_>| response.map(Body::new))
        .map_err(BoxError::from)
        .service(Client::builder(TokioExecutor::new()).build_http());
    let shop = Shop {
        gusset: gusset.clone(),
        illness: Arc::new(AtomicUsize::new(0)),
        pool: Arc::new(Semaphore::new(POOL_SIZE)),
        payments: Payments::new(client),
        payments_addr: payments_listener.local_addr()?,
    };
    let payments = Router::new()
        .route("/charge", get(charge))
        .with_state(shop.clone());
    tokio::spawn(axum::serve(payments_listener, payments).into_future());
    let app = Router::new()
        .route("/order", get(order))
        .layer(gusset.http())
        .route("/", get(help))
        .route("/ill/{name}", get(make_ill))
        .route("/diagnosis", get(diagnosis))
        .with_state(shop);
    let addr = listener.local_addr()?;
    for _ in 0..CLIENTS {
        tokio::spawn(order_forever(addr));
    }
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await
}

/// Orders again and again, as a client that thinks for a moment in between.
async fn order_forever(addr: SocketAddr) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    loop {
        let request = Request::get(format!("http://{addr}/order"));
        let request = request.body(Body::empty()).expect("the address is valid");
        // The server closes its connections at the shutdown.
        let _ = client.request(request).await;
        sleep(Duration::from_millis(20)).await;
    }
}

/// Returns gusset with frequent readings.
pub(crate) fn gusset() -> gusset::GussetBuilder {
    gusset::builder()
        .system(|system| system.interval(INTERVAL))
        .history(|history| history.interval(INTERVAL))
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset().init()?;
    // Only what changes.
    gusset
        .telemetry()
        .log_filter_handle()
        .set("warn,gusset::diagnosis=info")?;
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    eprint!("http://{}\n{}", listener.local_addr()?, help().await);
    run(gusset, listener).await
}
