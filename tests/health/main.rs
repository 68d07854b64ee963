//! Health beside what it does not know of: tonic's server, a circuit breaker.

mod breaker;
mod tonic_server;
