//! How a caller asks: over real sockets, to the end of the answer or not.

use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Failure;
use super::callers::Callers;
use super::summary;
use super::traffic::{CALLER, TRAFFIC};

impl Callers {
    /// Asks, and reads the answer to its end.
    pub(crate) async fn ask(&self, what: &str, body: &str) -> Result<(), Failure> {
        let response = self.send(what, body).await?;
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
    pub(crate) async fn leave_after(
        &self,
        what: &str,
        frames: usize,
        end: &'static str,
    ) -> Result<(), Failure> {
        let mut response = self.send(what, "").await?;
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
    pub(crate) async fn leave_before_head(&self) -> Result<(), Failure> {
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

    /// The shop's page, scraped as Prometheus does it.
    pub(crate) async fn scrape(&self) -> Result<String, Failure> {
        let response = self.send("GET /metrics", "").await?;
        let page = response.into_body().collect().await?.to_bytes();
        Ok(String::from_utf8(page.to_vec())?)
    }

    /// `what` is a method and a path.
    async fn send(&self, what: &str, body: &str) -> Result<Response<Incoming>, Failure> {
        let (method, path) = what.split_once(' ').ok_or("no path")?;
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.shop))
            .header(CALLER, TRAFFIC)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_owned()))?;
        Ok(self.client.request(request).await?)
    }
}
