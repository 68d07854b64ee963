//! The load generator: connections that send the next request after the last response.
//!
//! It does little work for a request, so that the server dominates. The request is always the same, so all
//! responses have the length of the first.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Result;

const REQUEST: &[u8] = b"GET /items/42 HTTP/1.1\r\nhost: localhost\r\n\r\n";
const STATUS: &[u8] = b"HTTP/1.1 200 OK\r\n";
/// The end of a response.
const RESPONSE_END: &[u8] = b"\r\n\r\nhello, world";
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// A persistent connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The length of a response, after the first one.
    length: Option<usize>,
}

/// The measurements of a turn.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) elapsed: Duration,
    /// From the request to the end of its response, in nanoseconds; sorted.
    pub(super) latencies: Vec<u64>,
}

/// Opens connections.
pub(super) async fn connect(address: SocketAddr, count: usize) -> io::Result<Vec<Connection>> {
    let mut connections = Vec::new();
    for _ in 0..count {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        connections.push(Connection {
            stream,
            buffer: vec![0; 4096],
            length: None,
        });
    }
    Ok(connections)
}

/// Sends this number of requests on each connection, on all connections at the same time.
pub(super) fn turn(
    runtime: &Runtime,
    connections: &mut Vec<Connection>,
    requests: usize,
) -> Result<Turn> {
    runtime.block_on(async {
        let started = now();
        let mut all = JoinSet::new();
        for connection in connections.drain(..) {
            all.spawn(connection.requests(requests));
        }
        let mut latencies = Vec::new();
        let done = async {
            while let Some(done) = all.join_next().await {
                let (connection, took) = done??;
                connections.push(connection);
                latencies.extend(took);
            }
            Ok(())
        };
        timeout(TURN_TIMEOUT, done)
            .await
            .map_err(|_| "a server does not respond")
            .and_then(|done: Result<()>| done.map_err(|_| "a connection failed"))?;
        let elapsed = started.elapsed();
        latencies.sort_unstable();
        Ok(Turn { elapsed, latencies })
    })
}

// === impl Connection ===

impl Connection {
    async fn requests(mut self, count: usize) -> io::Result<(Self, Vec<u64>)> {
        let mut latencies = Vec::with_capacity(count);
        for _ in 0..count {
            let sent = now();
            self.stream.write_all(REQUEST).await?;
            self.read_response().await?;
            latencies.push(u64::try_from(sent.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        Ok((self, latencies))
    }

    async fn read_response(&mut self) -> io::Result<()> {
        let Self {
            stream,
            buffer,
            length,
        } = self;
        let mut read = 0;
        loop {
            read += match stream.read(&mut buffer[read..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => more,
            };
            let is_complete = match length {
                Some(length) => read >= *length,
                None => buffer[..read].ends_with(RESPONSE_END),
            };
            if is_complete {
                break;
            }
        }
        let is_valid = buffer.starts_with(STATUS) && buffer[..read].ends_with(RESPONSE_END);
        if !is_valid || *length.get_or_insert(read) != read {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the load generator measures real time"
)]
fn now() -> Instant {
    Instant::now()
}
