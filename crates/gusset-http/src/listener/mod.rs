//! Endpoints on a listener of their own.
//!
//! It brings its own runtime on its own thread, so that it serves a plain `fn main`, and goes on
//! answering when the executor of the service is the thing that is stuck.

mod serve;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::{fmt, mem};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use tokio::runtime;
use tokio::sync::watch;

use crate::{Endpoint, RequestHead};

type Answer = Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>;
/// An endpoint behind a pointer.
type Mounted = Box<dyn Fn(RequestHead<'_>) -> Answer + Send + Sync>;

/// Endpoints by their paths, to be served on a listener of their own.
///
/// Plain HTTP/1. So many connections are served at a time, and more wait to be accepted; a head that
/// takes longer than ten seconds is cut off, and a connection is closed after ten minutes, between
/// two answers. What is at no path is answered with 404 and one line of text.
///
/// ```
/// use std::net::TcpListener;
/// use gusset_http::{Endpoint, EndpointListener, RequestHead};
/// # use http::Response;
/// # use std::future::{Ready, ready};
/// # struct Alive;
/// # impl Endpoint for Alive {
/// #     type Future = Ready<Response<http_body_util::Full<bytes::Bytes>>>;
/// #     fn answer(&self, _: RequestHead<'_>) -> Self::Future { ready(Response::new("alive".into())) }
/// # }
///
/// # fn main() -> std::io::Result<()> {
/// let listener = EndpointListener::named("probes")
///     .mount("/livez", Alive)
///     .otherwise("nothing is at this path\n")
///     .connections(64)
///     .start(TcpListener::bind("127.0.0.1:0")?)?;
/// println!("http://{}/livez", listener.local_addr());
/// listener.shutdown();
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing listens until `start` is called"]
pub struct EndpointListenerBuilder {
    name: &'static str,
    served: Served,
    connections: usize,
}

/// What is answered.
#[derive(Default)]
struct Served {
    paths: BTreeMap<String, Mounted>,
    otherwise: &'static str,
}

/// A listener that serves endpoints, as long as this handle lives; made by
/// [`EndpointListener::named`].
///
/// Dropping the handle stops it and does not wait; [`shutdown`](Self::shutdown) waits.
#[derive(Debug)]
#[must_use = "the listener stops when its handle is dropped"]
pub struct EndpointListener {
    address: SocketAddr,
    /// Its end is the signal to stop.
    stop: watch::Sender<()>,
    thread: JoinHandle<()>,
}

// === impl EndpointListenerBuilder ===

impl EndpointListenerBuilder {
    /// Serves that endpoint at that path; of two at one path, the later.
    pub fn mount(mut self, path: impl Into<String>, endpoint: impl Endpoint) -> Self {
        let mounted: Mounted = Box::new(move |head| Box::pin(endpoint.answer(head)));
        self.served.paths.insert(path.into(), mounted);
        self
    }

    /// Sets the text of the answer to what is at no path.
    pub fn otherwise(mut self, text: &'static str) -> Self {
        self.served.otherwise = text;
        self
    }

    /// Sets how many connections are served at a time; 256 unless set.
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most;
        self
    }

    /// The paths that are taken.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.served.paths.keys().map(String::as_str)
    }

    /// Serves what connects to `listener`. The thread that does so runs when this returns.
    ///
    /// # Errors
    ///
    /// If the system has no thread or runtime to give.
    pub fn start(mut self, listener: TcpListener) -> io::Result<EndpointListener> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (stop, stopped) = watch::channel(());
        let server = serve::Server {
            name: self.name,
            served: Arc::new(mem::take(&mut self.served)),
            connections: self.connections,
            stopped,
        };
        let thread = thread::Builder::new()
            .name(format!("gusset-{}", self.name))
            .spawn(move || runtime.block_on(server.run(listener)))?;
        Ok(EndpointListener {
            address,
            stop,
            thread,
        })
    }
}

impl fmt::Debug for EndpointListenerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointListenerBuilder")
            .field("name", &self.name)
            .field("paths", &self.served.paths.keys())
            .field("connections", &self.connections)
            .finish()
    }
}

// === impl EndpointListener ===

impl EndpointListener {
    /// A listener to be set up. Its name is that of its thread, after `gusset-`, and stands in its
    /// log lines.
    pub fn named(name: &'static str) -> EndpointListenerBuilder {
        EndpointListenerBuilder {
            name,
            served: Served::default(),
            connections: 256,
        }
    }

    /// Where it listens: with port 0, the port that was found.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening, and waits until answers under way are given: a second at most. The port is
    /// free when this returns.
    ///
    /// Blocks this thread; on an executor, drop the handle instead.
    pub fn shutdown(self) {
        let Self { stop, thread, .. } = self;
        drop(stop);
        // An error says that the thread panicked: it has ended, which is what was asked for.
        let _ = thread.join();
    }
}
