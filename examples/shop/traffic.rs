//! The traffic: callers of every kind, who count what became of their calls.

use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gusset::metrics::Label;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tonic::Code;

use super::shop::CATALOGUE;
use super::stock::{self, LEVEL};
use super::summary::{self, Counts};
use super::{Closing, Failure};

/// The header by which the traffic says that a call is one of its own, so that a visitor's `curl`
/// does not spoil the comparison.
pub(crate) const CALLER: &str = "x-shop-caller";
pub(crate) const TRAFFIC: &str = "traffic";

/// The same as a label. Its values are listed, so strangers cannot make up others.
pub(crate) fn label() -> Label {
    Label::from_request("shop.caller", [TRAFFIC], |request| {
        request.headers.get(CALLER)?.to_str().ok()
    })
}

#[derive(Clone)]
pub(crate) struct Traffic {
    shop: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
    stock: stock::Client,
    counts: Arc<Mutex<Counts>>,
}

impl Traffic {
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

    fn count(&self, end: &'static str) {
        *self.open().entry(end).or_default() += 1;
    }

    /// One caller, who comes again and again until told to stop; whose last call has ended then.
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

    async fn act(&mut self, caller: u8, turn: usize) -> Result<(), Failure> {
        let item = CATALOGUE[turn / 16 % CATALOGUE.len()].name;
        let plan = ["free", "paid"][turn / 16 % 2];
        match turn % 16 {
            0 => self.ask(Method::GET, "/catalogue", "").await,
            1 => self.ask(Method::HEAD, "/catalogue", "").await,
            2 => {
                self.ask(Method::POST, &format!("/baskets/{caller}/{item}"), "")
                    .await
            }
            3 => {
                self.ask(Method::GET, &format!("/baskets/{caller}"), "")
                    .await
            }
            4 => {
                let order = format!(r#"{{"customer":{caller},"plan":"{plan}"}}"#);
                self.ask(Method::POST, "/orders", &order).await
            }
            5 => self.ask(Method::POST, "/orders", "a bolt, please").await,
            6 => {
                let stranger = RandomState::new().hash_one(turn);
                self.ask(Method::GET, &format!("/{stranger:x}"), "").await
            }
            7 => {
                self.ask(Method::from_bytes(b"BREW")?, "/catalogue", "")
                    .await
            }
            8 => self.ask(Method::GET, "/slow", "").await,
            9 => self.ask(Method::GET, "/fail", "").await,
            10 => self.ask(Method::GET, "/fail?late=true", "").await,
            11 => self.ask(Method::GET, "/export", "").await,
            12 => self.leave_before_head().await,
            // A million rows, so that nobody can have read them all by accident.
            13 => {
                self.leave_after("/export?rows=1000000", 1, summary::LEFT_MIDWAY)
                    .await
            }
            14 => self.leave_after("/events", 3, summary::LISTENED).await,
            _ => self.ask_stock(item).await,
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: &str,
    ) -> Result<Response<Incoming>, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.shop))
            .header(CALLER, TRAFFIC)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_owned()))?;
        Ok(self.client.request(request).await?)
    }

    /// Asks, and reads the answer to its end.
    async fn ask(&self, method: Method, path: &str, body: &str) -> Result<(), Failure> {
        let response = self.send(method, path, body).await?;
        let status = response.status();
        let whole = response.into_body().collect().await.is_ok();
        self.count(match status.as_u16() {
            // What broke off is no success, whatever its head said.
            _ if !whole => summary::SHOP_FAULT,
            500.. => summary::SHOP_FAULT,
            400.. => summary::CALLER_FAULT,
            _ => summary::SUCCESS,
        });
        Ok(())
    }

    /// Asks, and leaves after some frames of the answer.
    async fn leave_after(
        &self,
        path: &str,
        frames: usize,
        end: &'static str,
    ) -> Result<(), Failure> {
        let mut response = self.send(Method::GET, path, "").await?;
        for _ in 0..frames {
            response
                .body_mut()
                .frame()
                .await
                .ok_or("ended by itself")??;
        }
        self.count(end);
        Ok(())
    }

    /// Asks for a page that is slower than anyone waits, and leaves.
    ///
    /// By hand: a client that is dropped may not have sent its request yet, and a server does not
    /// call its service for a caller that is gone by then. `100 Continue` says that it did.
    async fn leave_before_head(&self) -> Result<(), Failure> {
        let mut socket = TcpStream::connect(self.shop).await?;
        let head = format!(
            "POST /slow?millis=3600000 HTTP/1.1\r\nhost: {}\r\n{CALLER}: {TRAFFIC}\r\n\
             expect: 100-continue\r\ncontent-length: 1\r\n\r\n",
            self.shop
        );
        socket.write_all(head.as_bytes()).await?;
        let mut answer = [0; 25];
        socket.read_exact(&mut answer).await?;
        if answer != *b"HTTP/1.1 100 Continue\r\n\r\n" {
            return Err("not asked to go on".into());
        }
        socket.write_all(b".").await?;
        self.count(summary::LEFT_EARLY);
        Ok(())
    }

    /// Asks the stock three times: for what there is, for what there is not, and for nonsense.
    async fn ask_stock(&mut self, item: &str) -> Result<(), Failure> {
        for (method, item) in [(LEVEL, item), (LEVEL, "gold"), ("/shop.Stock/Steal", item)] {
            match self.stock.call(method, item).await {
                Code::Ok => self.count(summary::STOCK_OK),
                Code::NotFound => self.count(summary::STOCK_NOT_FOUND),
                Code::Unimplemented => self.count(summary::STOCK_UNIMPLEMENTED),
                code => return Err(format!("the stock answered {code}").into()),
            }
        }
        Ok(())
    }

    /// The shop's page, scraped as Prometheus does it.
    pub(crate) async fn scrape(&self) -> Result<String, Failure> {
        let response = self.send(Method::GET, "/metrics", "").await?;
        let page = response.into_body().collect().await?.to_bytes();
        Ok(String::from_utf8(page.to_vec())?)
    }

    /// The page once all calls have ended. That a caller has left is noticed a little later, so this
    /// waits, but not for ever: what does not agree by then never will.
    pub(crate) async fn settled_page(&self, driven: &Counts) -> Result<String, Failure> {
        let mut page = self.scrape().await?;
        for _ in 0..100 {
            let counted = summary::counts(&page);
            let all = driven
                .iter()
                .all(|(end, count)| counted.get(end) >= Some(count));
            if all && summary::in_flight(&page) == 0 {
                break;
            }
            sleep(Duration::from_millis(100)).await;
            page = self.scrape().await?;
        }
        Ok(page)
    }
}
