//! The story: for each way to fail, an outage and the recovery.

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

use super::payments::{self, Mode, Switch};
use super::shop::PROBES_AFTER;
use super::{Failure, shop};

/// What came of one outage.
#[derive(Debug)]
#[allow(dead_code, reason = "the test of this example looks at the chapters")]
pub(crate) struct Chapter {
    pub(crate) mode: Mode,
    /// Orders until the breaker opened.
    pub(crate) until_open: usize,
    /// Orders while it was open.
    pub(crate) refused: usize,
    /// The slowest answer to them.
    pub(crate) slowest: Duration,
    /// From the end of the outage to the first order that was paid.
    pub(crate) recovered: Duration,
}

/// A customer of the shop.
struct Customer {
    client: Client<HttpConnector, Empty<Bytes>>,
    shop: SocketAddr,
}

/// Nothing here takes longer.
const LIMIT: Duration = Duration::from_secs(10);

pub(crate) async fn tell(out: &mut impl Write) -> Result<(Vec<Chapter>, String), Failure> {
    let gusset = gusset::http().build()?;
    let http = shop::breaker("payments", gusset.prometheus())?;
    let grpc = shop::breaker("payments-grpc", gusset.prometheus())?;
    let switch = Switch::default();

    let payments = serve(payments::service(switch.clone())).await?;
    let shop = shop::service(payments, &http, &grpc)
        .layer(gusset.layer())
        .route_service("/metrics", gusset.metrics_endpoint());
    let customer = Customer {
        client: Client::builder(TokioExecutor::new()).build_http(),
        shop: serve(shop).await?,
    };

    let mut chapters = Vec::new();
    for (mode, breaker, page) in [
        (Mode::Fails, &http, "/order"),
        (Mode::Hangs, &http, "/order"),
        (Mode::Breaks, &http, "/order"),
        (Mode::FailsInTrailers, &grpc, "/order-over-grpc"),
    ] {
        let chapter = tokio::time::timeout(LIMIT, customer.outage(&switch, mode, breaker, page));
        let chapter = chapter.await??;
        let Chapter {
            until_open,
            refused,
            slowest,
            recovered,
            ..
        } = &chapter;
        writeln!(
            out,
            "{mode:?}: open after {until_open} orders; while open, the slowest of {refused} was answered in \
             {slowest:.1?}; paid again {recovered:.0?} after the outage"
        )?;
        chapters.push(chapter);
    }

    let numbers = customer.get("/metrics").await?;
    writeln!(out, "\nWhat Prometheus sees of it:")?;
    for line in numbers
        .lines()
        .filter(|line| line.starts_with("gusset_breaker"))
    {
        writeln!(out, "  {line}")?;
    }
    Ok((chapters, numbers))
}

impl Customer {
    #[expect(
        clippy::disallowed_methods,
        reason = "a customer has a watch of his own"
    )]
    async fn outage(
        &self,
        switch: &Switch,
        mode: Mode,
        breaker: &CircuitBreaker,
        page: &str,
    ) -> Result<Chapter, Failure> {
        switch.set(Mode::Works);
        self.until_paid(page).await?;

        switch.set(mode);
        let mut until_open = 0;
        while breaker.state() != State::Open {
            self.order(page).await?;
            until_open += 1;
        }
        let (mut slowest, mut refused) = (Duration::ZERO, 0);
        // Not so near to its end that an order would be a probe.
        while refused < 50 && breaker.remaining_open() > Some(PROBES_AFTER / 2) {
            refused += 1;
            let asked = Instant::now();
            let answer = self.order(page).await?;
            slowest = slowest.max(asked.elapsed());
            if answer != "ordered, pay later" {
                return Err(format!("{answer} while open").into());
            }
        }

        switch.set(Mode::Works);
        let over = Instant::now();
        self.until_paid(page).await?;
        Ok(Chapter {
            mode,
            until_open,
            refused,
            slowest,
            recovered: over.elapsed(),
        })
    }

    async fn until_paid(&self, page: &str) -> Result<(), Failure> {
        while self.order(page).await? != "paid" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    async fn order(&self, page: &str) -> Result<String, Failure> {
        let request = http::Request::post(format!("http://{}{page}", self.shop));
        let answer = self.client.request(request.body(Empty::new())?).await?;
        if answer.status() != 200 {
            return Err(format!("the shop answered {}", answer.status()).into());
        }
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(String::from_utf8(body.into())?)
    }

    async fn get(&self, page: &str) -> Result<String, Failure> {
        let uri = format!("http://{}{page}", self.shop).parse()?;
        let body = self.client.get(uri).await?.into_body().collect().await?;
        Ok(String::from_utf8(body.to_bytes().into())?)
    }
}

async fn serve(router: Router) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
