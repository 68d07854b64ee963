//! A thousand varied calls over real sockets: access log entry, span, metrics, the counts of breakers and
//! the calls in flight of the health agree about each of them.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod behaviour;
mod clients;
mod compare;
mod entered;
mod random;
mod servers;
mod totals;

use std::sync::Arc;

use gusset::breaker::{CircuitBreaker, Config};
use gusset::testing::{Capture, CapturedCall, Value};
use gusset_data::semconv;
use gusset_tests::clients::with_timeout;
use gusset_tests::panics;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tonic::transport::Endpoint;

use crate::behaviour::Behaviour;
use crate::clients::{Clients, GRPC_KINDS, HttpCall, HttpClient, Sender};
use crate::compare::{Kind, text};
use crate::random::Random;

const BATCHES: usize = 10;
const CALLS_OF_BATCH: usize = 100;
/// Calls that are in flight while the others are compared.
const HELD: usize = 7;
const CONCURRENT: usize = 24;

/// Returns a breaker that counts all calls and never opens.
fn breaker(capture: &Capture, name: &str) -> CircuitBreaker {
    let breaker = capture.gusset().breaker(name).unwrap();
    let config = Config::new()
        .count_window(10_000)
        .minimum_calls(10_000)
        .failure_rate_threshold(1.0);
    breaker.reconfigure(config).unwrap();
    breaker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_agree_about_a_thousand_calls() {
    panics::silence_expected();
    let mut random = Random::from_env();
    let settings = gusset::builder().http(|http| http.exclude_paths(["/internal/*"]));
    let capture = Capture::with_settings(settings).unwrap();
    let gusset = capture.gusset();
    let [http, rejecting, grpc] = ["http", "rejecting", "grpc"].map(|name| breaker(&capture, name));
    rejecting.force_open();
    let clients = Clients {
        http1: HttpClient::new(gusset, &http, false),
        http2: HttpClient::new(gusset, &http, true),
        rejected: HttpClient::new(gusset, &rejecting, false),
    };
    let servers = servers::start(gusset, clients.http1.clone()).await;
    let channel = Endpoint::from(servers.grpc.clone()).connect_lazy();

    let (mut http_calls, mut observed) = (Vec::new(), 0);
    for batch in 0..BATCHES {
        let mut running = JoinSet::new();
        let permits = Arc::new(Semaphore::new(CONCURRENT));
        for at in 0..CALLS_OF_BATCH {
            let permit = permits.clone().acquire_owned().await.unwrap();
            let id = format!("call-{batch}-{at}");
            if random.below(4) == 0 {
                let (kind, code) = (random.below(GRPC_KINDS), random.below(17));
                let (gusset, grpc) = (gusset.clone(), grpc.clone());
                let sent =
                    clients::send_grpc(gusset, grpc, channel.clone(), servers.clone(), kind, code);
                observed += 2;
                running.spawn(async move {
                    sent.await;
                    drop(permit);
                });
            } else {
                let call = clients::random_call(&mut random, id);
                observed += call.observed();
                http_calls.push(call.clone());
                let (servers, clients) = (servers.clone(), clients.clone());
                running.spawn(async move {
                    call.send(&servers, &clients).await;
                    drop(permit);
                });
            }
        }
        // Excluded, so no signal has it.
        let excluded = format!(
            "GET /internal/{batch} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        );
        let response = gusset_tests::clients::http1::Connection::round_trip(servers.http, excluded);
        assert!(response.await.ends_with(b"excluded"));

        let mut held = Vec::new();
        for at in 0..HELD {
            let call = HttpCall {
                id: format!("held-{batch}-{at}"),
                sender: Sender::Http1,
                behaviour: Behaviour::Never,
                is_head: false,
                has_length: true,
            };
            let entered = servers.entered.expect(&call.id);
            let mut connection = gusset_tests::clients::http1::Connection::open(servers.http).await;
            let request = format!(
                "GET {} HTTP/1.1\r\nhost: localhost\r\nx-request-id: {}\r\n\r\n",
                call.behaviour.path(&call.id),
                call.id
            );
            connection.send(request).await;
            with_timeout(entered).await.unwrap();
            http_calls.push(call);
            held.push(connection);
        }
        while let Some(ended) = running.join_next().await {
            ended.unwrap();
        }
        capture.wait_for_calls(observed).await;
        compare_in_flight(&capture, HELD);
        observed += held.len();
        drop(held);
        capture.wait_for_calls(observed).await;
        compare_in_flight(&capture, 0);
    }

    let calls = capture.calls();
    assert_eq!(calls.len(), observed, "each call is recorded once");
    compare::entries_and_spans(&capture, &calls);
    compare::requested(&http_calls, &calls);
    let pairs = compare::both_sides(&calls);
    assert!(pairs > observed / 5, "{pairs} pairs of {observed}");
    totals::series(&capture, &calls);
    compare_breakers(&capture, &calls, [&http, &rejecting, &grpc]);
}

/// Compares the calls in flight of the health with those of the metrics.
fn compare_in_flight(capture: &Capture, expected: usize) {
    let in_flight = capture.gusset().health().in_flight();
    assert_eq!(in_flight.count(), expected, "{:?}", in_flight.by_route());
    let by_route: Vec<_> = in_flight.by_route();
    let route = ("/api/v1/{item}/{name}".to_owned(), expected);
    assert_eq!(by_route, if expected == 0 { vec![] } else { vec![route] });
    for (metric, expected) in [
        ("http.server.active_requests", expected),
        ("http.client.active_requests", 0),
        ("gusset.rpc.server.active_calls", 0),
        ("gusset.rpc.client.active_calls", 0),
    ] {
        assert_eq!(capture.metric(metric, &[]), expected as f64, "{metric}");
    }
}

/// Compares the counts of the breakers with the access log entries of their clients.
fn compare_breakers(
    capture: &Capture,
    calls: &[CapturedCall],
    [http, rejecting, grpc]: [&CircuitBreaker; 3],
) {
    let of_kind = |kind: Kind| {
        let entries = calls.iter().map(CapturedCall::entry);
        entries.filter(move |entry| Kind::of_entry(entry) == kind)
    };
    let is_rejected = |entry: &&Value| entry[semconv::GUSSET_OUTCOME] == "rejected";
    let (rejected, admitted): (Vec<_>, Vec<_>) = of_kind(Kind::HttpClient).partition(is_rejected);
    assert!(!rejected.is_empty());
    totals::breaker(capture, rejecting, &rejected, |_| "rejected");
    totals::breaker(capture, http, &admitted, http_result);
    let calls: Vec<_> = of_kind(Kind::GrpcClient).collect();
    totals::breaker(capture, grpc, &calls, grpc_result);
}

/// Returns the result of an HTTP call, by the table of `HttpFailures`.
fn http_result(entry: &Value) -> &'static str {
    let status = entry[semconv::HTTP_RESPONSE_STATUS_CODE].as_u64();
    match (entry[semconv::GUSSET_OUTCOME].as_str().unwrap(), status) {
        ("server_error", _) | ("cancelled", Some(500..)) => "failure",
        (_, Some(429)) => "throttled",
        ("cancelled", None) => "ignored",
        _ => "success",
    }
}

/// Returns the result of a gRPC call, by the table of `GrpcFailures`.
fn grpc_result(entry: &Value) -> &'static str {
    let status = text(entry, semconv::RPC_RESPONSE_STATUS_CODE);
    let outcome = entry[semconv::GUSSET_OUTCOME].as_str().unwrap();
    let has_message = entry[semconv::HTTP_RESPONSE_BODY_SIZE].as_u64() > Some(0);
    match (outcome, status.as_deref()) {
        ("cancelled", _) if has_message => "success",
        ("cancelled", _) | (_, Some("CANCELLED")) => "ignored",
        (_, Some("RESOURCE_EXHAUSTED")) => "throttled",
        (_, Some("UNIMPLEMENTED")) => "success",
        ("server_error", _) => "failure",
        _ => "success",
    }
}
