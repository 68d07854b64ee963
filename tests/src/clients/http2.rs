//! HTTP/2 frame by frame.

use std::fmt::Write;
use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::Request;
use tokio::net::TcpStream;

use super::soon;
use crate::answers::{Entered, REQUEST};
use crate::cases::{Asks, Case, Stay};
use crate::wire::{self, Wire};

const BROKEN: &str = "broken off";

/// A connection.
#[derive(Clone, Debug)]
pub struct Connection {
    send: SendRequest<Bytes>,
}

impl Connection {
    /// Connects, and keeps the connection going on this runtime.
    pub async fn open(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.expect("the server listens");
        stream.set_nodelay(true).expect("TCP has it");
        let (send, connection) = h2::client::handshake(stream)
            .await
            .expect("the server speaks h2");
        tokio::spawn(connection);
        Self { send }
    }

    /// Sends the head of a request, and its end if `ends`.
    pub async fn send(&self, req: Request<()>, ends: bool) -> (ResponseFuture, SendStream<Bytes>) {
        let mut send = soon(self.send.clone().ready())
            .await
            .expect("the connection stands");
        send.send_request(req, ends)
            .expect("a request as h2 wants it")
    }
}

/// Plays the client of a case and gives what came, until it left. The connection stays: it is by a
/// reset that a client leaves a call.
pub async fn play(case: Case, addr: SocketAddr, entered: &mut Entered) -> (Wire, Connection) {
    let connection = Connection::open(addr).await;
    let req = Request::builder()
        .method(case.asks.method())
        .uri("http://localhost/")
        .body(());
    let req = req.expect("a request");
    let posts = matches!(case.asks, Asks::PostRead | Asks::PostUnread);
    let (response, mut body) = connection.send(req, !posts).await;
    if posts {
        let [first, second] = REQUEST.map(Bytes::from);
        body.send_data(first, false).expect("the stream is open");
        if case.asks == Asks::PostRead {
            // What is queued goes out before this goes on.
            tokio::task::yield_now().await;
        }
        body.send_data(second, true).expect("the stream is open");
    }
    let wire = match case.stay {
        Stay::ReadsAll if case.asks == Asks::Head => {
            // hyper sends the body of a response to HEAD over HTTP/2, if the service gives it one.
            // The client resets the stream for that, and whether it comes to it before a reset of
            // the server's is a matter of chance; so is the reason that is told.
            let wire = receive_all(response).await;
            match wire.split_once(BROKEN) {
                Some((wire, _)) => [wire, BROKEN].concat(),
                None => wire,
            }
        }
        Stay::ReadsAll => receive_all(response).await,
        Stay::LeavesBeforeHead => {
            soon(entered.wait()).await;
            Wire::new()
        }
        Stay::LeavesMidBody => receive_first(response, case.has_body()).await,
    };
    (wire, connection)
}

/// A response to its end, however it ends.
pub async fn receive_all(response: ResponseFuture) -> Wire {
    let mut wire = Wire::new();
    let (head, mut body) = match soon(response).await {
        Ok(response) => response.into_parts(),
        Err(error) => return told(wire, "no head", &error),
    };
    wire += &wire::http2_head(&head);
    while let Some(data) = soon(body.data()).await {
        match data {
            Ok(data) => wire += &piece(&mut body, &data),
            Err(error) => return told(wire, BROKEN, &error),
        }
    }
    match soon(body.trailers()).await {
        Ok(None) => wire += "end\n",
        Ok(Some(trailers)) => {
            let _ = writeln!(wire, "trailers {trailers:?}");
        }
        Err(error) => return told(wire, "no trailers", &error),
    }
    wire
}

async fn receive_first(response: ResponseFuture, has_body: bool) -> Wire {
    let (head, mut body) = soon(response).await.expect("a head").into_parts();
    let mut wire = wire::http2_head(&head);
    if has_body {
        let data = soon(body.data()).await.expect("a body").expect("a piece");
        wire += &piece(&mut body, &data);
    }
    wire
}

fn piece(body: &mut RecvStream, data: &Bytes) -> Wire {
    // The window is the client's own affair.
    let _ = body.flow_control().release_capacity(data.len());
    format!("data {}\n", data.escape_ascii())
}

fn told(mut wire: Wire, what: &str, error: &h2::Error) -> Wire {
    let by = if error.is_remote() {
        "server"
    } else {
        "client"
    };
    let _ = writeln!(wire, "{what}: {:?} by the {by}", error.reason());
    wire
}
