//! The handle of a running server.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::{io, net};

use tokio::runtime;
use tokio::sync::watch;

use crate::serve::{Reserve, Serve};

/// Serves endpoints on a listener of its own, as long as this handle lives.
///
/// Plain HTTP/1. Unknown paths are answered with 404.
///
/// # Hostile clients
/// Probes and scrapes are answered while other clients hold connections open:
///
/// - At most 256 connections are served at a time by default, and 64 of one peer. Beyond that, the
///   connection that has been idle or stalled longest is closed for the new one.
/// - Request headers that take longer than 10 s are cut off. A client that reads nothing of a response
///   for 5 s, or takes longer than 30 s for all of it, is disconnected. A connection is closed after
///   10 minutes, between two responses.
/// - Four file descriptors are held in reserve. When another port of the process has used up all
///   others, connections are accepted with these, and then with those of idle connections.
///
/// The first connection that is closed for each reason is logged, and all are counted in
/// [`CLOSED_CONNECTIONS`](crate::names::CLOSED_CONNECTIONS).
///
/// Dropping the handle stops the server without waiting; [`shutdown`](Self::shutdown) waits. Keep it
/// until the end of `main`, so that a shutdown can be observed.
///
/// ```
/// use std::io::{Read as _, Write as _};
/// use std::net::TcpStream;
///
/// use gusset_admin::ManagementServer;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = ManagementServer::builder().host("127.0.0.1").port(0).start()?;
///
/// let mut client = TcpStream::connect(server.local_addr())?;
/// client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
/// let mut response = String::new();
/// client.read_to_string(&mut response)?;
/// assert!(response.starts_with("HTTP/1.1 404 Not Found\r\n"));
///
/// server.shutdown();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the server stops when its handle is dropped"]
pub struct ManagementServer {
    address: SocketAddr,
    /// Dropping it is the signal to stop.
    stop: watch::Sender<()>,
    thread: JoinHandle<()>,
}

// === impl ManagementServer ===

impl ManagementServer {
    /// Starts to serve. The thread is running when this returns.
    pub(crate) fn start(
        listener: net::TcpListener,
        serve: impl FnOnce(watch::Receiver<()>) -> Serve,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (stop, stopped) = watch::channel(());
        let serve = serve(stopped);
        // Before anything else of the process can use up the descriptors.
        let reserve = Reserve::new(&listener);
        let thread = thread::Builder::new()
            .name("gusset-admin".to_owned())
            .spawn(move || runtime.block_on(serve.run(listener, reserve)))?;
        Ok(Self {
            address,
            stop,
            thread,
        })
    }

    /// Returns the address that the server listens on, with the port that the system chose for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening, and waits up to 1 s for responses in progress. The port is free when this
    /// returns.
    ///
    /// Blocks this thread; on an executor, drop the handle instead.
    pub fn shutdown(self) {
        let Self { stop, thread, .. } = self;
        drop(stop);
        // An error means that the thread panicked: it has ended, which is what is wanted here.
        let _ = thread.join();
    }
}
