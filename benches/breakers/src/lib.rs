//! Benchmarks of gusset's circuit breaker and its peers, on the same plain service.
//!
//! Every breaker is closed, has a window of 100 calls or ten seconds, and is shared by all threads. Only
//! `cargo xtask breakers` builds this package.

mod subjects;

pub use subjects::all;
