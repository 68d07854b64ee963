//! A server over TCP, and clients that load it.

use std::future::Future;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream as ClientStream};
use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use gusset_core::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::calls::Calls;

type Handler = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// A server on a runtime of its own, with one route.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    pub(crate) calls: Calls,
    runtime: Runtime,
}

impl Server {
    /// Starts a server that answers each request when the future of `handler` is complete.
    pub(crate) fn start<F>(workers: usize, handler: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::with_calls(workers, Calls::default(), handler)
    }

    pub(crate) fn with_calls<F>(
        workers: usize,
        calls: Calls,
        handler: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .unwrap();
        let addr = listener.local_addr().unwrap();
        let handler: Handler = Arc::new(move || Box::pin(handler()));
        let accepted = calls.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, handler.clone(), accepted.clone()));
            }
        });
        Self {
            addr,
            calls,
            runtime,
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Sends requests from this number of clients, each one after the other, until this time.
    pub(crate) fn load(&self, clients: usize, until: Instant) {
        let addr = self.addr;
        thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(move || {
                    let mut stream = ClientStream::connect(addr).unwrap();
                    while Clock::system().now() < until {
                        request(&mut stream);
                    }
                });
            }
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A blocked worker is not waited for.
        let other = Builder::new_current_thread().build().unwrap();
        std::mem::replace(&mut self.runtime, other).shutdown_background();
    }
}

async fn serve(mut stream: TcpStream, handler: Handler, calls: Calls) {
    let mut buffer = [0; 1024];
    // A request of the tests is one segment.
    while matches!(stream.read(&mut buffer).await, Ok(1..)) {
        let start = Clock::system().now();
        handler().await;
        calls.server("/", Clock::system().now() - start);
        if stream.write_all(RESPONSE).await.is_err() {
            break;
        }
    }
}

/// Sends one request from a thread, and reads its response.
pub(crate) fn request(stream: &mut ClientStream) {
    stream.write_all(REQUEST).unwrap();
    let mut response = vec![0; RESPONSE.len()];
    stream.read_exact(&mut response).unwrap();
}

/// Sends one request from a task over a connection of its own, and reads its response.
pub(crate) async fn call(addr: SocketAddr) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let mut response = vec![0; RESPONSE.len()];
    stream.read_exact(&mut response).await.unwrap();
}
