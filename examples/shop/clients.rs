//! Clients that send every kind of request, and count the outcomes.

use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::sleep;
use tonic::Code;

use super::report::{self, Counts};
use super::shop::CATALOGUE;
use super::stock::{self, LEVEL};
use super::{BoxError, StopSignal};

const REQUEST_INTERVAL: Duration = Duration::from_millis(2);

/// Shared by all clients.
#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) shop: SocketAddr,
    pub(crate) client: Client<HttpConnector, Full<Bytes>>,
    stock: stock::Client,
    counts: Arc<Mutex<Counts>>,
}

impl Clients {
    pub(crate) fn new(shop: SocketAddr, stock: SocketAddr) -> Result<Self, BoxError> {
        Ok(Self {
            shop,
            client: Client::builder(TokioExecutor::new()).build_http(),
            stock: stock::Client::new(stock)?,
            counts: Arc::default(),
        })
    }

    /// Returns the outcomes counted so far.
    pub(crate) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, outcome: &'static str) {
        *self.lock().entry(outcome).or_default() += 1;
    }

    /// Runs one client until the stop signal. Its last request completes before this returns.
    pub(crate) async fn run_until(mut self, client: u8, stop: StopSignal) {
        let mut turn = usize::from(client);
        while !*stop.borrow() {
            if self.take_turn(client, turn).await.is_err() {
                self.count(report::NO_RESPONSE);
            }
            turn += 1;
            sleep(REQUEST_INTERVAL).await;
        }
    }

    /// Sends the next request of a client.
    async fn take_turn(&mut self, client: u8, turn: usize) -> Result<(), BoxError> {
        // Clients differ in what they send in the same round.
        let round = turn / 16 + usize::from(client);
        let item = CATALOGUE[round % CATALOGUE.len()].name;
        let plan = ["free", "paid"][round % 2];
        match turn % 16 {
            0 => self.request("GET /catalogue", "").await,
            1 => self.request("HEAD /catalogue", "").await,
            2 => {
                self.request(&format!("POST /baskets/{client}/{item}"), "")
                    .await
            }
            3 => self.request(&format!("GET /baskets/{client}"), "").await,
            4 => {
                let order = format!(r#"{{"customer":{client},"plan":"{plan}"}}"#);
                self.request("POST /orders", &order).await?;
                if plan == "paid" {
                    self.count(report::PAID_PLAN);
                }
                Ok(())
            }
            5 => self.request("POST /orders", "not JSON").await,
            6 => {
                let random = RandomState::new().hash_one(turn);
                self.request(&format!("GET /{random:x}"), "").await
            }
            7 => self.request("BREW /catalogue", "").await,
            8 => self.request("GET /slow", "").await,
            9 => self.request("GET /fail", "").await,
            10 => self.request("GET /fail?late=true", "").await,
            11 => self.request("GET /export", "").await,
            12 => self.disconnect_before_headers().await,
            // Large enough that the response cannot have been sent whole before the client disconnects.
            13 => {
                self.disconnect_after("GET /export?rows=1000000", 1, report::CANCELLED_LATE)
                    .await
            }
            14 => {
                self.disconnect_after("GET /events", 3, report::EVENT_STREAMS)
                    .await
            }
            _ => self.call_stock(item).await,
        }
    }

    /// Calls the stock service three times: with a known item, an unknown item and an unknown method.
    async fn call_stock(&mut self, item: &str) -> Result<(), BoxError> {
        for (method, item) in [
            (LEVEL, item),
            (LEVEL, "gold"),
            ("/shop.Stock/Unknown", item),
        ] {
            match self.stock.call(method, item).await {
                Code::Ok => self.count(report::STOCK_OK),
                Code::NotFound => self.count(report::STOCK_NOT_FOUND),
                Code::Unimplemented => self.count(report::STOCK_UNIMPLEMENTED),
                code => return Err(format!("the stock service returned {code}").into()),
            }
        }
        Ok(())
    }
}
