//! Health beside what it does not know of: tonic's server, a circuit breaker; and in real time.

mod breaker;
mod ill_checks;
mod tonic_server;
