//! A raw HTTP/1 client, to compare bytes.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::with_timeout;
use crate::cases::{Case, Disconnect, RequestCase};
use crate::responses::{Entered, FIRST_CHUNK, REQUEST_CHUNKS};
use crate::wire::{self, Wire};

/// A connection, and the bytes received from it.
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
        with_timeout(self.stream.write_all(bytes.as_ref()))
            .await
            .expect("the server reads");
    }

    /// Receives until `mark`, and returns all bytes up to its end.
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
            let read = with_timeout(self.stream.read_buf(&mut self.received)).await;
            let is_open = read.is_ok_and(|len| len > 0);
            assert!(
                is_open,
                "closed before {:?}:\n{}",
                String::from_utf8_lossy(mark),
                String::from_utf8_lossy(&self.received)
            );
        }
    }

    /// Receives until the server closes the connection, and returns all bytes.
    pub async fn receive_all(&mut self) -> &[u8] {
        // A reset closes the connection, too.
        while with_timeout(self.stream.read_buf(&mut self.received))
            .await
            .is_ok_and(|len| len > 0)
        {}
        &self.received
    }

    /// Discards the received bytes up to the end of `mark`.
    pub async fn skip_to(&mut self, mark: impl AsRef<[u8]>) {
        let len = self.receive_to(mark).await.len();
        self.received.drain(..len);
    }

    /// Sends one request on a new connection, and returns all received bytes.
    pub async fn round_trip(addr: SocketAddr, request: impl AsRef<[u8]>) -> Vec<u8> {
        let mut connection = Self::open(addr).await;
        connection.send(request).await;
        connection.receive_all().await.to_vec()
    }
}

/// Runs the client of a case, and returns what it received until it disconnected.
pub async fn exchange(case: Case, addr: SocketAddr, entered: &mut Entered) -> Wire {
    let mut connection = Connection::open(addr).await;
    let headers = format!(
        "{} / HTTP/1.1\r\nhost: localhost\r\nte: trailers\r\nconnection: close\r\n",
        case.request.method()
    );
    match case.request {
        RequestCase::PostRead => {
            connection
                .send(format!("{headers}transfer-encoding: chunked\r\n\r\n"))
                .await;
            for chunk in REQUEST_CHUNKS {
                connection
                    .send(format!("{:x}\r\n{chunk}\r\n", chunk.len()))
                    .await;
            }
            connection.send("0\r\n\r\n").await;
        }
        RequestCase::PostUnread => {
            // In one write and with its length: hyper reads an unused body only if it has already
            // arrived, and otherwise does not detect that the client disconnects.
            let body = REQUEST_CHUNKS.concat();
            connection
                .send(format!(
                    "{headers}content-length: {}\r\n\r\n{body}",
                    body.len()
                ))
                .await;
        }
        _ => connection.send(format!("{headers}\r\n")).await,
    }
    let bytes = match case.disconnect {
        Disconnect::Never => connection.receive_all().await,
        Disconnect::BeforeHeaders => {
            with_timeout(entered.wait()).await;
            &[]
        }
        Disconnect::DuringBody if case.has_body() => connection.receive_to(FIRST_CHUNK).await,
        Disconnect::DuringBody => connection.receive_to("\r\n\r\n").await,
    };
    wire::http1(bytes)
}
