//! A listener for probes and details alone.
//!
//! It brings its own runtime on its own thread, so that it goes on answering when the service's
//! executor is what is stuck; what it says of liveness is the heartbeat of that executor.

mod builder;
mod error;

use std::net::SocketAddr;

use gusset_http::EndpointListener;

pub use self::builder::ManagementBuilder;
pub use self::error::ManagementError;
use crate::Health;

/// A listener for probes and details, as long as this handle lives.
///
/// Keep it until the end of `main`: it stops last, so that what shuts down can be watched. Dropping the
/// handle stops it and does not wait; [`shutdown`](Self::shutdown) waits.
///
/// ```
/// use std::io::{Read as _, Write as _};
/// use std::net::TcpStream;
///
/// use gusset_health::Health;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let health = Health::builder().build()?;
/// let management = health.management().port(0).start()?;
///
/// let mut probe = TcpStream::connect(management.local_addr())?;
/// probe.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
/// let mut answer = String::new();
/// probe.read_to_string(&mut answer)?;
/// assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"));
///
/// management.shutdown();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the listener stops when its handle is dropped"]
pub struct Management(EndpointListener);

// === impl Management ===

impl Management {
    /// Where it listens: with port 0, the port that was found.
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local_addr()
    }

    /// Stops listening, and waits until answers under way are given: a second at most.
    ///
    /// Blocks this thread; on an executor, drop the handle instead.
    pub fn shutdown(self) {
        self.0.shutdown();
    }
}

impl Health {
    /// A listener for probes and details, to be set up: on `127.0.0.1:9465` unless set.
    pub fn management(&self) -> ManagementBuilder {
        ManagementBuilder::new(self.clone())
    }
}
