//! Clients that leave when they are told to.

pub mod http1;
pub mod http2;

use std::future::Future;
use std::time::Duration;

use tokio::runtime;

/// Waits for what has to come. Long, since nothing that is right has to wait for it.
pub async fn soon<F: Future>(what: F) -> F::Output {
    let patience = Duration::from_secs(10);
    tokio::time::timeout(patience, what)
        .await
        .expect("within ten seconds")
}

/// Runs a client on this thread.
pub fn run<F: Future>(client: F) -> F::Output {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime builds").block_on(client)
}
