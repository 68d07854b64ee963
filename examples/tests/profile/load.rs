//! Clients that keep a service busy.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::process::get;

/// Clients that send requests until they are stopped.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<usize>>,
}

// === impl Load ===

impl Load {
    /// Starts a client for each path.
    pub(crate) fn start(address: SocketAddr, paths: &[&'static str]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |path: &'static str| {
            let stop = stop.clone();
            thread::spawn(move || {
                let mut requests = 0;
                while !stop.load(Ordering::Relaxed) {
                    let (status, response) = get(address, path).unwrap();
                    assert_eq!(status, 200, "{response}");
                    requests += 1;
                }
                requests
            })
        };
        let clients = paths.iter().copied().map(client).collect();
        Self { stop, clients }
    }

    /// Stops the clients, and returns how many requests they have sent.
    pub(crate) fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let clients = self.clients.into_iter();
        clients.map(|client| client.join().unwrap()).sum()
    }
}
