//! A listener for the page alone.
//!
//! It brings its own runtime on its own thread, so that it serves a plain `fn main`, and goes on
//! answering when the executor of the service is the thing that is stuck.

mod builder;
mod error;

use std::net::SocketAddr;

use gusset_http::EndpointListener;

pub use builder::ListenerBuilder;
pub use error::ListenError;

/// A listener that serves the page at `/metrics`, as long as this handle lives.
///
/// Dropping the handle stops it and does not wait; [`shutdown`](Self::shutdown) waits. Keep it where
/// the service keeps what must outlive its requests.
///
/// ```
/// use std::io::{Read as _, Write as _};
/// use std::net::TcpStream;
///
/// use gusset_prometheus::Prometheus;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let prometheus = Prometheus::builder().build()?;
/// let listener = prometheus.listener().host("127.0.0.1").port(0).start()?;
///
/// let mut scrape = TcpStream::connect(listener.local_addr())?;
/// scrape.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
/// let mut answer = String::new();
/// scrape.read_to_string(&mut answer)?;
/// assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"));
///
/// listener.shutdown();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the listener stops when its handle is dropped"]
pub struct Listener(EndpointListener);

// === impl Listener ===

impl Listener {
    /// Where it listens: with port 0, the port that was found.
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local_addr()
    }

    /// Stops listening, and waits until scrapes under way are answered: a second at most. The port is
    /// free when this returns.
    ///
    /// Blocks this thread; on an executor, drop the handle instead.
    pub fn shutdown(self) {
        self.0.shutdown();
    }
}
