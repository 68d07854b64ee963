//! An HTTP/2 client with access to single frames.

use std::fmt::Write;
use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::Request;
use tokio::net::TcpStream;

use super::with_timeout;
use crate::cases::{Case, Disconnect, RequestCase};
use crate::responses::{Entered, REQUEST_CHUNKS};
use crate::wire::{self, Wire};

const ABORTED: &str = "aborted";

/// A connection.
#[derive(Clone, Debug)]
pub struct Connection {
    send: SendRequest<Bytes>,
}

impl Connection {
    /// Connects, and drives the connection on this runtime.
    pub async fn open(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.expect("the server listens");
        stream.set_nodelay(true).expect("TCP has it");
        let (send, connection) = h2::client::handshake(stream)
            .await
            .expect("the server speaks h2");
        tokio::spawn(connection);
        Self { send }
    }

    /// Sends the headers of a request, with the end of the stream if `ends`.
    pub async fn send(&self, req: Request<()>, ends: bool) -> (ResponseFuture, SendStream<Bytes>) {
        let mut send = with_timeout(self.send.clone().ready())
            .await
            .expect("the connection is open");
        send.send_request(req, ends).expect("the request is valid")
    }
}

/// Runs the client of a case, and returns what it received until it disconnected. The connection
/// stays open, because a client cancels a call by resetting its stream.
pub async fn exchange(case: Case, addr: SocketAddr, entered: &mut Entered) -> (Wire, Connection) {
    let connection = Connection::open(addr).await;
    let req = Request::builder()
        .method(case.request.method())
        .uri("http://localhost/")
        .body(());
    let req = req.expect("a request");
    let has_body = matches!(
        case.request,
        RequestCase::PostRead | RequestCase::PostUnread
    );
    let (response, mut body) = connection.send(req, !has_body).await;
    if has_body {
        let [first, second] = REQUEST_CHUNKS.map(Bytes::from);
        body.send_data(first, false).expect("the stream is open");
        if case.request == RequestCase::PostRead {
            // Sends what is queued.
            tokio::task::yield_now().await;
        }
        body.send_data(second, true).expect("the stream is open");
    }
    let wire = match case.disconnect {
        Disconnect::Never if case.request == RequestCase::Head => {
            // Over HTTP/2, hyper sends the body of a response to HEAD if the service returns one.
            // The client then resets the stream. Whether it does so before the server, and with
            // which reason, varies.
            let wire = receive_all(response).await;
            match wire.split_once(ABORTED) {
                Some((wire, _)) => [wire, ABORTED].concat(),
                None => wire,
            }
        }
        Disconnect::Never => receive_all(response).await,
        Disconnect::BeforeHeaders => {
            with_timeout(entered.wait()).await;
            Wire::new()
        }
        Disconnect::DuringBody => receive_first(response, case.has_body()).await,
    };
    (wire, connection)
}

/// Receives a response to its end.
pub async fn receive_all(response: ResponseFuture) -> Wire {
    let mut wire = Wire::new();
    let (headers, mut body) = match with_timeout(response).await {
        Ok(response) => response.into_parts(),
        Err(error) => return error_text(wire, "no headers", &error),
    };
    wire += &wire::http2_headers(&headers);
    while let Some(data) = with_timeout(body.data()).await {
        match data {
            Ok(data) => wire += &chunk_text(&mut body, &data),
            Err(error) => return error_text(wire, ABORTED, &error),
        }
    }
    match with_timeout(body.trailers()).await {
        Ok(None) => wire += "end\n",
        Ok(Some(trailers)) => {
            let _ = writeln!(wire, "trailers {trailers:?}");
        }
        Err(error) => return error_text(wire, "no trailers", &error),
    }
    wire
}

async fn receive_first(response: ResponseFuture, has_body: bool) -> Wire {
    let (headers, mut body) = with_timeout(response)
        .await
        .expect("response headers")
        .into_parts();
    let mut wire = wire::http2_headers(&headers);
    if has_body {
        let data = with_timeout(body.data())
            .await
            .expect("a body")
            .expect("a chunk");
        wire += &chunk_text(&mut body, &data);
    }
    wire
}

fn chunk_text(body: &mut RecvStream, data: &Bytes) -> Wire {
    // The window does not matter here.
    let _ = body.flow_control().release_capacity(data.len());
    format!("data {}\n", data.escape_ascii())
}

fn error_text(mut wire: Wire, event: &str, error: &h2::Error) -> Wire {
    let by = if error.is_remote() {
        "server"
    } else {
        "client"
    };
    let _ = writeln!(wire, "{event}: {:?} by the {by}", error.reason());
    wire
}
