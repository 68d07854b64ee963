//! Health with parts that it does not know: tonic's server, a circuit breaker, the management server.

mod breaker;
mod ill_checks;
mod management;
mod tonic_server;
