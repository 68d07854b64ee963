//! Clients that disconnect at a given time.

pub mod http1;
pub mod http2;

use std::future::Future;
use std::time::Duration;

use tokio::runtime;

/// Waits for a future, for 10 s at most.
pub async fn with_timeout<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .expect("within ten seconds")
}

/// Runs a client on this thread.
pub fn run<F: Future>(client: F) -> F::Output {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime builds").block_on(client)
}
