//! Health with tonic's server, a circuit breaker and the management server.

mod breaker;
mod failing_checks;
mod management;
mod tonic_server;
