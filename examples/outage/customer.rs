//! A customer who orders before, during and after each outage.

use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use bytes::Bytes;
use gusset::breaker::{CircuitBreaker, State};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

use super::payments::{self, Mode, ModeSwitch};
use super::shop::OPEN_DURATION;
use super::{BoxError, shop};

const OUTAGE_TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_INTERVAL: Duration = Duration::from_millis(10);
const MAX_REJECTED_ORDERS: usize = 50;

/// The measurements of one outage.
#[derive(Debug)]
#[allow(dead_code, reason = "the test of this example reads all fields")]
pub(crate) struct Outage {
    pub(crate) mode: Mode,
    /// Orders until the breaker opened.
    pub(crate) until_open: usize,
    /// Orders while it was open.
    pub(crate) rejected: usize,
    /// The slowest response while it was open.
    pub(crate) slowest: Duration,
    /// From the end of the outage to the first paid order.
    pub(crate) recovery: Duration,
}

/// A customer of the shop.
struct Customer {
    client: Client<HttpConnector, Empty<Bytes>>,
    shop: SocketAddr,
}

/// Runs all outages. Returns their measurements and the metrics after them.
pub(crate) async fn run(out: &mut impl Write) -> Result<(Vec<Outage>, String), BoxError> {
    let gusset = gusset::http().build()?;
    let http = shop::breaker("payments", gusset.prometheus())?;
    let grpc = shop::breaker("payments-grpc", gusset.prometheus())?;
    let switch = ModeSwitch::default();

    let payments = serve(payments::service(switch.clone())).await?;
    let shop = shop::service(payments, &http, &grpc)
        .layer(gusset.layer())
        .route_service("/metrics", gusset.metrics_endpoint());
    let customer = Customer {
        client: Client::builder(TokioExecutor::new()).build_http(),
        shop: serve(shop).await?,
    };

    let mut outages = Vec::new();
    for (mode, failure, breaker, path) in [
        (Mode::Fail, "status 500", &http, "/order"),
        (Mode::Hang, "no response", &http, "/order"),
        (Mode::AbortBody, "aborted body", &http, "/order"),
        (
            Mode::FailInTrailers,
            "gRPC error",
            &grpc,
            "/order-over-grpc",
        ),
    ] {
        let outage = customer.observe_outage(&switch, mode, breaker, path);
        let outage = tokio::time::timeout(OUTAGE_TIMEOUT, outage).await??;
        let Outage {
            until_open,
            rejected,
            slowest,
            recovery,
            ..
        } = &outage;
        writeln!(
            out,
            "{failure:<13} breaker open after {until_open} orders; {rejected} orders while open, the \
             slowest took {slowest:.1?}; recovered in {recovery:.0?}"
        )?;
        outages.push(outage);
    }

    let metrics = customer.get("/metrics").await?;
    writeln!(out, "\nThe metrics of both breakers:")?;
    for line in metrics
        .lines()
        .filter(|line| line.starts_with("gusset_breaker"))
    {
        writeln!(out, "  {line}")?;
    }
    Ok((outages, metrics))
}

impl Customer {
    #[expect(clippy::disallowed_methods, reason = "the customer measures real time")]
    async fn observe_outage(
        &self,
        switch: &ModeSwitch,
        mode: Mode,
        breaker: &CircuitBreaker,
        path: &str,
    ) -> Result<Outage, BoxError> {
        switch.set(Mode::Succeed);
        self.order_until_paid(path).await?;

        switch.set(mode);
        let mut until_open = 0;
        while breaker.state() != State::Open {
            self.order(path).await?;
            until_open += 1;
        }
        let (mut slowest, mut rejected) = (Duration::ZERO, 0);
        // Stops long before the breaker would send an order as a probe.
        while rejected < MAX_REJECTED_ORDERS && breaker.remaining_open() > Some(OPEN_DURATION / 2) {
            rejected += 1;
            let start = Instant::now();
            let response = self.order(path).await?;
            slowest = slowest.max(start.elapsed());
            if response != "ordered, pay later" {
                return Err(format!("the shop returned `{response}` while open").into());
            }
        }

        switch.set(Mode::Succeed);
        let end = Instant::now();
        self.order_until_paid(path).await?;
        Ok(Outage {
            mode,
            until_open,
            rejected,
            slowest,
            recovery: end.elapsed(),
        })
    }

    async fn order_until_paid(&self, path: &str) -> Result<(), BoxError> {
        while self.order(path).await? != "paid" {
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
        Ok(())
    }

    async fn order(&self, path: &str) -> Result<String, BoxError> {
        let request = http::Request::post(format!("http://{}{path}", self.shop));
        let response = self.client.request(request.body(Empty::new())?).await?;
        if response.status() != 200 {
            return Err(format!("the shop returned {}", response.status()).into());
        }
        let body = response.into_body().collect().await?.to_bytes();
        Ok(String::from_utf8(body.into())?)
    }

    async fn get(&self, path: &str) -> Result<String, BoxError> {
        let uri = format!("http://{}{path}", self.shop).parse()?;
        let body = self.client.get(uri).await?.into_body().collect().await?;
        Ok(String::from_utf8(body.to_bytes().into())?)
    }
}

async fn serve(router: Router) -> Result<SocketAddr, BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
