//! `Debug` of errors, which `unwrap` and a `main` that fails print, reads as their `Display`.

use std::error::Error;
use std::net::TcpListener;

use gusset::admin::ManagementServer;
use gusset::breaker::CircuitBreaker;
use gusset::breaker::bulkhead::Bulkhead;
use gusset::health::Health;
use gusset::http::{KnownMethods, TrustedProxies};
use gusset::propagation::{Baggage, TraceState};
use gusset::{ConfigError, Rejected};

#[track_caller]
fn reads_as(error: impl Error, start: &str) {
    let text = error.to_string();
    assert!(text.starts_with(start), "{text}");
    assert_eq!(format!("{error:?}"), text);
    assert_eq!(format!("{error:#?}"), text);
}

#[test]
fn invalid_settings_are_readable() {
    let error = ConfigError::new("ratio", "not from 0 to 1");
    reads_as(error, "`ratio`: not from 0 to 1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = ManagementServer::builder().port(port).start().unwrap_err();
    reads_as(error, "`port`: cannot listen on host");
    let error = TrustedProxies::cidrs(["10.0.0.0/33"]).unwrap_err();
    reads_as(
        error,
        "`10.0.0.0/33` is not an address range such as `10.0.0.0/8`",
    );
    let error = KnownMethods::new(["a b"]).unwrap_err();
    reads_as(error, "a method is not an HTTP token");
    let error = Baggage::default().with("a b", "c").unwrap_err();
    reads_as(error, "the key is not an HTTP token");
    let error = TraceState::default().with("A", "b").unwrap_err();
    reads_as(error, "the key is not 1 to 256 characters");
    let health = Health::builder().build().unwrap();
    let text = "no Tokio runtime is running on this thread";
    reads_as(health.start().unwrap_err(), text);
}

#[test]
fn second_global_is_readable() {
    let telemetry = gusset::telemetry().build_with(|_| None).unwrap();
    telemetry.install_global().unwrap();
    let text = "the process already has a global `tracing` subscriber; install only one";
    reads_as(telemetry.install_global().unwrap_err(), text);
    let prometheus = telemetry.prometheus();
    prometheus.install_global().unwrap();
    let text = "the process already has a global metrics recorder";
    reads_as(prometheus.install_global().unwrap_err(), text);
}

#[test]
fn rejections_are_readable() {
    reads_as(Rejected::new("stock"), "rejected by stock");
    let breaker = CircuitBreaker::builder("stock").build().unwrap();
    breaker.trip();
    reads_as(
        breaker.try_acquire().unwrap_err(),
        "circuit breaker is open",
    );
    let bulkhead = Bulkhead::builder("stock", 1).build().unwrap();
    let _permit = bulkhead.try_acquire().unwrap();
    reads_as(bulkhead.try_acquire().unwrap_err(), "bulkhead is full");
}
