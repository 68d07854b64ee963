//! Callers of every kind, who count what became of their calls.

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

use super::shop::CATALOGUE;
use super::stock::{self, LEVEL};
use super::summary::{self, Counts, LEFT_MIDWAY, LISTENED};
use super::{Closing, Failure};

#[derive(Clone)]
pub(crate) struct Callers {
    pub(crate) shop: SocketAddr,
    pub(crate) client: Client<HttpConnector, Full<Bytes>>,
    stock: stock::Client,
    counts: Arc<Mutex<Counts>>,
}

impl Callers {
    pub(crate) fn new(shop: SocketAddr, stock: SocketAddr) -> Result<Self, Failure> {
        Ok(Self {
            shop,
            client: Client::builder(TokioExecutor::new()).build_http(),
            stock: stock::Client::new(stock)?,
            counts: Arc::default(),
        })
    }

    /// What became of the calls until now.
    pub(crate) fn counts(&self) -> Counts {
        self.open().clone()
    }

    fn open(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, end: &'static str) {
        *self.open().entry(end).or_default() += 1;
    }

    /// One caller, who comes again and again until told to stop; his last call has ended then.
    pub(crate) async fn call_until(mut self, caller: u8, stop: Closing) {
        let mut turn = usize::from(caller);
        while !*stop.borrow() {
            if self.act(caller, turn).await.is_err() {
                self.count(summary::UNANSWERED);
            }
            turn += 1;
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// What this caller does next.
    async fn act(&mut self, caller: u8, turn: usize) -> Result<(), Failure> {
        // Not all callers want the same thing at the same time.
        let round = turn / 16 + usize::from(caller);
        let item = CATALOGUE[round % CATALOGUE.len()].name;
        let plan = ["free", "paid"][round % 2];
        match turn % 16 {
            0 => self.ask("GET /catalogue", "").await,
            1 => self.ask("HEAD /catalogue", "").await,
            2 => {
                self.ask(&format!("POST /baskets/{caller}/{item}"), "")
                    .await
            }
            3 => self.ask(&format!("GET /baskets/{caller}"), "").await,
            4 => {
                let order = format!(r#"{{"customer":{caller},"plan":"{plan}"}}"#);
                self.ask("POST /orders", &order).await?;
                if plan == "paid" {
                    self.count(summary::PAID_PLAN);
                }
                Ok(())
            }
            5 => self.ask("POST /orders", "a bolt, please").await,
            6 => {
                let stranger = RandomState::new().hash_one(turn);
                self.ask(&format!("GET /{stranger:x}"), "").await
            }
            7 => self.ask("BREW /catalogue", "").await,
            8 => self.ask("GET /slow", "").await,
            9 => self.ask("GET /fail", "").await,
            10 => self.ask("GET /fail?late=true", "").await,
            11 => self.ask("GET /export", "").await,
            12 => self.leave_before_head().await,
            // A million rows, so that nobody has read them all by accident.
            13 => {
                self.leave_after("GET /export?rows=1000000", 1, LEFT_MIDWAY)
                    .await
            }
            14 => self.leave_after("GET /events", 3, LISTENED).await,
            _ => self.ask_stock(item).await,
        }
    }

    /// Asks the stock three times: for what there is, for what there is not, and for nonsense.
    async fn ask_stock(&mut self, item: &str) -> Result<(), Failure> {
        for (method, item) in [(LEVEL, item), (LEVEL, "gold"), ("/shop.Stock/Steal", item)] {
            match self.stock.call(method, item).await {
                Code::Ok => self.count(summary::STOCK_OK),
                Code::NotFound => self.count(summary::STOCK_NOT_FOUND),
                Code::Unimplemented => self.count(summary::STOCK_UNKNOWN),
                code => return Err(format!("the stock answered {code}").into()),
            }
        }
        Ok(())
    }
}
