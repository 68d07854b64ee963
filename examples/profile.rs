//! Profiles: where the CPU time and the memory of a service go, while it runs.
//!
//! `_RJEM_MALLOC_CONF=prof:true cargo run --release --example profile`, and then, while
//! `curl '127.0.0.1:3000/primes/[1000000-2000000]'` and `curl '127.0.0.1:3000/cache/[1-1000]'` send requests,
//!
//! ```text
//! token='Authorization: Bearer correct-horse-battery'
//! curl -H "$token" '127.0.0.1:9464/debug/pprof/profile?seconds=5' > cpu.pb.gz; go tool pprof -top cpu.pb.gz
//! curl -H "$token" '127.0.0.1:9464/debug/pprof/heap?format=flamegraph' > heap.svg
//! ```
//!
//! Read the hazards in the documentation of gusset-profile first.

use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::{Router, routing::get};
use tikv_jemallocator::Jemalloc;
use tokio::net::TcpListener;

/// Heap profiles are those of jemalloc.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

type Cache = Arc<Mutex<Vec<Vec<u8>>>>;

/// Uses the CPU.
async fn is_prime(Path(number): Path<u64>) -> String {
    let is_prime = number > 1 && (2..number).all(|divisor| number % black_box(divisor) != 0);
    format!("{is_prime}\n")
}

/// Keeps 64 KiB of memory for each request, as a cache without a limit does.
async fn remember(State(cache): State<Cache>, Path(id): Path<u8>) -> String {
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    cache.push(vec![id; 64 << 10]);
    format!("{} entries\n", cache.len())
}

#[tokio::main]
async fn main() -> Result<(), gusset::Error> {
    let gusset = gusset::builder()
        // In a real service, from its secrets.
        .controls_token("correct-horse-battery")
        .profile(|profile| profile.frequency(99))
        .init()?;
    let app = Router::new()
        .route("/primes/{number}", get(is_prime))
        .route("/cache/{id}", get(remember))
        .with_state(Cache::default())
        .layer(gusset.http());
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let server = axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal());
    gusset.serve(server).await
}
