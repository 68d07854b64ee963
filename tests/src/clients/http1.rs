//! HTTP/1 by hand, so that it is known to the byte what was sent and what came.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::soon;
use crate::answers::{Entered, FIRST, REQUEST};
use crate::cases::{Asks, Case, Stay};
use crate::wire::{self, Wire};

/// A connection, and all that came over it.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.expect("the server listens");
        stream.set_nodelay(true).expect("TCP has it");
        Self {
            stream,
            received: Vec::new(),
        }
    }

    /// Sends.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.stream.write_all(bytes.as_ref()))
            .await
            .expect("the server reads");
    }

    /// Receives until what came last ends with `mark`, and gives all that came so far, up to the
    /// mark's end.
    pub async fn receive_to(&mut self, mark: impl AsRef<[u8]>) -> &[u8] {
        let mark = mark.as_ref();
        loop {
            let found = self
                .received
                .windows(mark.len())
                .position(|window| window == mark);
            if let Some(at) = found {
                return &self.received[..at + mark.len()];
            }
            let read = soon(self.stream.read_buf(&mut self.received)).await;
            let came = read.is_ok_and(|len| len > 0);
            assert!(
                came,
                "closed before {:?}:\n{}",
                String::from_utf8_lossy(mark),
                String::from_utf8_lossy(&self.received)
            );
        }
    }

    /// Receives until the server closes, and gives all that came.
    pub async fn receive_all(&mut self) -> &[u8] {
        // A reset is a way of closing too.
        while soon(self.stream.read_buf(&mut self.received))
            .await
            .is_ok_and(|len| len > 0)
        {}
        &self.received
    }

    /// Forgets what came, up to and with `mark`.
    pub async fn skip_to(&mut self, mark: impl AsRef<[u8]>) {
        let len = self.receive_to(mark).await.len();
        self.received.drain(..len);
    }

    /// Sends one request, all at once, on a connection of its own; gives all that came.
    pub async fn ask(addr: SocketAddr, request: impl AsRef<[u8]>) -> Vec<u8> {
        let mut connection = Self::open(addr).await;
        connection.send(request).await;
        connection.receive_all().await.to_vec()
    }
}

/// Plays the client of a case and gives what came, until it left.
pub async fn play(case: Case, addr: SocketAddr, entered: &mut Entered) -> Wire {
    let mut connection = Connection::open(addr).await;
    let head = format!(
        "{} / HTTP/1.1\r\nhost: localhost\r\nte: trailers\r\nconnection: close\r\n",
        case.asks.method()
    );
    match case.asks {
        Asks::PostRead => {
            connection
                .send(format!("{head}transfer-encoding: chunked\r\n\r\n"))
                .await;
            for piece in REQUEST {
                connection
                    .send(format!("{:x}\r\n{piece}\r\n", piece.len()))
                    .await;
            }
            connection.send("0\r\n\r\n").await;
        }
        Asks::PostUnread => {
            // At once, and with its length: hyper reads on behind a body that nobody wants only if
            // the rest of it is there already, and hears nothing of a client that leaves otherwise.
            let body = REQUEST.concat();
            connection
                .send(format!(
                    "{head}content-length: {}\r\n\r\n{body}",
                    body.len()
                ))
                .await;
        }
        _ => connection.send(format!("{head}\r\n")).await,
    }
    let bytes = match case.stay {
        Stay::ReadsAll => connection.receive_all().await,
        Stay::LeavesBeforeHead => {
            soon(entered.wait()).await;
            &[]
        }
        Stay::LeavesMidBody if case.has_body() => connection.receive_to(FIRST).await,
        Stay::LeavesMidBody => connection.receive_to("\r\n\r\n").await,
    };
    wire::http1(bytes)
}
