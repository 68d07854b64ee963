//! An open circuit breaker answers gRPC calls with UNAVAILABLE.

use axum::Router;
use axum::routing::get;
use gusset_breaker::{CircuitBreaker, CircuitOpen, http_response};
use gusset_core::ObserveLayer;
use gusset_http::{GrpcOrHttpLayer, Http};
use gusset_testkit::RecordingObserver;
use gusset_tests::clients::{http1, run};
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use gusset_tests::stack::only_call;
use http::Uri;
use tonic::Code;
use tonic::service::Routes;
use tonic::transport::Endpoint;
use tonic::transport::server::Server as Tonic;
use tower_layer::Layer;

use crate::harness::{Client, Harness, serve};
use crate::service::{ECHO, WordService};

fn open_breaker() -> CircuitBreaker {
    let breaker = CircuitBreaker::builder("words").build().expect("valid");
    breaker.force_open();
    breaker
}

#[test]
fn rejected_client_call_is_unavailable() {
    run(async {
        let harness = Harness::new();
        let channel = Endpoint::from(harness.uri()).connect_lazy();
        let layer = open_breaker().grpc_client();
        let mut client = Client::new(layer.layer(channel), harness.uri());
        let error = client.unary(ECHO, "hello").await.expect_err("rejected");
        assert_eq!(
            (error.code(), error.message()),
            (Code::Unavailable, "circuit breaker is open")
        );
        assert!(harness.on_server.recorder.calls().is_empty());
    });
}

#[test]
fn rejected_server_call_is_unavailable() {
    run(async {
        let (words, _entered) = WordService::new();
        let server = serve(Tonic::builder(), open_breaker().grpc_server(), words);
        let uri: Uri = format!("http://{}", server.addr()).parse().expect("a URI");
        let channel = Endpoint::from(uri.clone()).connect_lazy();
        let error = Client::new(channel, uri).unary(ECHO, "hello").await;
        assert_eq!(error.expect_err("rejected").code(), Code::Unavailable);
    });
}

/// Starts a server of gRPC and HTTP on one port, behind one breaker and one observer for each protocol.
fn mixed_server(breaker: &CircuitBreaker, grpc: &Side, http: &RecordingObserver) -> Server {
    let (words, _) = WordService::new();
    let observe_grpc = grpc.grpc_server();
    let observe_http = ObserveLayer::<Http, _>::new(http.clone());
    let admit_http = breaker
        .http_server()
        .respond_with(|open: CircuitOpen| http_response::<axum::body::Body>(&open));
    let routes = Router::new()
        .route("/orders", get(async || "orders"))
        .merge(Routes::new(words).into_axum_router())
        .layer(GrpcOrHttpLayer::new(breaker.grpc_server(), admit_http))
        .layer(GrpcOrHttpLayer::new(observe_grpc, observe_http));
    Server::axum(routes)
}

#[test]
fn mixed_server_separates_grpc_and_http() {
    run(async {
        for (is_open, code, status) in [(false, "OK", 200), (true, "UNAVAILABLE", 503)] {
            let breaker = CircuitBreaker::builder("words").build().expect("valid");
            if is_open {
                breaker.force_open();
            }
            let (on_grpc, on_http) = (Side::new(), RecordingObserver::new());
            let server = mixed_server(&breaker, &on_grpc, &on_http);
            let uri: Uri = format!("http://{}", server.addr()).parse().expect("a URI");
            let channel = Endpoint::from(uri.clone()).connect_lazy();
            let answer = Client::new(channel, uri).unary(ECHO, "hello").await;
            assert_eq!(answer.is_err(), is_open);
            let call = on_grpc.wait_for_call().await;
            assert_eq!(call.status, Some(code));

            let request = "GET /orders HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
            let response = http1::Connection::round_trip(server.addr(), request).await;
            let start = format!("HTTP/1.1 {status} ");
            assert!(response.starts_with(start.as_bytes()), "{response:?}");
            drop(server);
            let call = only_call(&on_http);
            assert_eq!(call.status, Some(if is_open { "503" } else { "200" }));
        }
    });
}
