//! Descriptors that are kept, so that connections can be accepted when the process has none left.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// How many descriptors are kept: for two probes, a scrape and a person at the same time.
const RESERVED_DESCRIPTORS: usize = 4;

/// Descriptors without a use, which are given up to accept connections.
///
/// Another port of the process that waits for descriptors takes every one that is closed. So the
/// descriptor of a connection that ends goes back into the reserve without being closed.
#[derive(Clone)]
pub(crate) struct Reserve(Arc<Mutex<State>>);

struct State {
    capacity: usize,
    held: Vec<Held>,
    /// What is duplicated for new descriptors.
    source: Option<TcpListener>,
}

/// Something that holds a descriptor, and closes it when it is dropped.
#[expect(dead_code, reason = "held for their descriptors only")]
enum Held {
    /// A second descriptor of the listener.
    Listener(TcpListener),
    /// A connection that has ended.
    Stream(TcpStream),
}

// === impl Reserve ===

impl Reserve {
    /// Creates a reserve of duplicates of the listener's descriptor.
    pub(crate) fn new(listener: &TcpListener) -> Self {
        let this = Self(Arc::new(Mutex::new(State {
            capacity: RESERVED_DESCRIPTORS,
            held: Vec::with_capacity(RESERVED_DESCRIPTORS),
            source: listener.try_clone().ok(),
        })));
        this.fill();
        this
    }

    /// Fills the reserve, as far as the process has descriptors.
    pub(super) fn fill(&self) {
        self.with(|state| {
            while state.held.len() < state.capacity {
                match state.source.as_ref().map(TcpListener::try_clone) {
                    Some(Ok(listener)) => state.held.push(Held::Listener(listener)),
                    Some(Err(_)) | None => break,
                }
            }
        });
    }

    /// Closes one descriptor. Returns whether there was one.
    pub(super) fn release(&self) -> bool {
        self.with(|state| state.held.pop().is_some())
    }

    /// Ends a connection, and keeps its descriptor if one is missing.
    pub(super) fn keep(&self, stream: TcpStream) {
        self.with(|state| {
            if state.held.len() < state.capacity && stream.shutdown(Shutdown::Both).is_ok() {
                state.held.push(Held::Stream(stream));
            }
        });
    }

    /// Closes all descriptors and keeps none from now on: those of the listener would keep its port.
    pub(super) fn close(&self) {
        self.with(|state| {
            state.capacity = 0;
            state.held.clear();
            state.source = None;
        });
    }

    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
