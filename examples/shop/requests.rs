//! The requests of a client: over real sockets, read to the end or not.

use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::BoxError;
use super::clients::Clients;
use super::report;
use super::traffic::{CLIENT_HEADER, TRAFFIC};

/// What a browser is called, so that the traffic is one of people.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
const CONTINUE: &[u8; 25] = b"HTTP/1.1 100 Continue\r\n\r\n";

impl Clients {
    /// Sends a request and reads the whole response. `target` is a method and a path.
    pub(crate) async fn request(&self, target: &str, body: &str) -> Result<(), BoxError> {
        let response = self.send(target, body).await?;
        let status = response.status();
        let is_complete = response.into_body().collect().await.is_ok();
        self.count(match status.as_u16() {
            // A body that breaks off is an error, whatever the status.
            _ if !is_complete => report::SERVER_ERROR,
            500.. => report::SERVER_ERROR,
            400.. => report::CLIENT_ERROR,
            _ => report::SUCCESS,
        });
        Ok(())
    }

    /// Sends a request and disconnects after a number of frames of the response.
    pub(crate) async fn disconnect_after(
        &self,
        target: &str,
        frames: usize,
        outcome: &'static str,
    ) -> Result<(), BoxError> {
        let mut response = self.send(target, "").await?;
        for _ in 0..frames {
            response
                .body_mut()
                .frame()
                .await
                .ok_or("the response is too short")??;
        }
        self.count(outcome);
        Ok(())
    }

    /// Sends a request and disconnects before the response.
    ///
    /// It uses a socket, because a dropped client may not have sent its request yet, and then the
    /// server does not call its service. `100 Continue` shows that it did.
    pub(crate) async fn disconnect_before_headers(&self) -> Result<(), BoxError> {
        let mut socket = TcpStream::connect(self.shop).await?;
        let headers = format!(
            "POST /slow?millis=3600000 HTTP/1.1\r\nhost: {}\r\n{CLIENT_HEADER}: {TRAFFIC}\r\n\
             expect: 100-continue\r\ncontent-length: 1\r\n\r\n",
            self.shop
        );
        socket.write_all(headers.as_bytes()).await?;
        let mut response = [0; CONTINUE.len()];
        socket.read_exact(&mut response).await?;
        if response != *CONTINUE {
            return Err("the response is not `100 Continue`".into());
        }
        socket.write_all(b".").await?;
        self.count(report::CANCELLED_EARLY);
        Ok(())
    }

    /// Scrapes the shop's metrics, as Prometheus does.
    pub(crate) async fn scrape(&self) -> Result<String, BoxError> {
        let response = self.send("GET /metrics", "").await?;
        let metrics = response.into_body().collect().await?.to_bytes();
        Ok(String::from_utf8(metrics.to_vec())?)
    }

    async fn send(&self, target: &str, body: &str) -> Result<Response<Incoming>, BoxError> {
        let (method, path) = target.split_once(' ').ok_or("the path is missing")?;
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.shop))
            .header(CLIENT_HEADER, TRAFFIC)
            .header(header::USER_AGENT, BROWSER)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_owned()))?;
        Ok(self.client.request(request).await?)
    }
}
