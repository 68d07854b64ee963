//! Probes and metrics on the management server: its own thread, the main runtime's heartbeat.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use gusset_admin::{ManagementServer, ManagementServerBuilder};
use gusset_core::Clock;
use gusset_health::{Check, CheckResult, Health, OptionalDependency};
use gusset_prometheus::PrometheusExporter;

fn server() -> ManagementServerBuilder {
    ManagementServer::builder().env(|_| None).port(0)
}

/// Returns the response, headers and body.
fn get(address: SocketAddr, path: &str, header: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn loopback_clients_see_details() {
    let check = OptionalDependency(Check::sync("mail", CheckResult::up));
    let health = Health::builder().health_check(check).build().unwrap();
    let server = server().mount(health.probe_routes()).start().unwrap();
    let address = server.local_addr();
    assert!(address.ip().is_loopback());
    let response = get(address, "/healthz", "");
    assert!(
        response.contains(r#""mail":[{"componentType":"optional""#),
        "{response}"
    );
    for (path, status) in [("/livez", 200), ("/health/ready", 503), ("/nothing", 404)] {
        let response = get(address, path, "");
        let status = format!("HTTP/1.1 {status} ");
        assert!(response.starts_with(&status), "{path}");
    }
    server.shutdown();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn network_clients_need_the_token() {
    let everywhere = || server().host("0.0.0.0");
    let without_token = Health::builder().build().unwrap();
    let error = everywhere()
        .mount(without_token.probe_routes())
        .start()
        .unwrap_err();
    assert_eq!(error.setting(), "host");
    let open = without_token.probe_routes().allow_anonymous_details();
    assert!(everywhere().mount(open).start().is_ok());

    let health = Health::builder()
        .details_token("correct-horse-battery")
        .build()
        .unwrap();
    let server = everywhere().mount(health.probe_routes()).start().unwrap();
    let address = (Ipv4Addr::LOCALHOST, server.local_addr().port()).into();
    assert!(get(address, "/livez", "").ends_with("\r\n\r\n{\"status\":\"pass\"}"));
    let token = "authorization: Bearer correct-horse-battery\r\n";
    let response = get(address, "/livez", token);
    assert!(response.contains("main-runtime"), "{response}");
}

#[test]
fn stuck_main_runtime_is_not_live() {
    let (clock, control) = Clock::manual();
    let health = Health::builder()
        .clock(clock)
        .handle_signals(false)
        .build()
        .unwrap();
    let server = server().mount(health.probe_routes()).start().unwrap();
    let address = server.local_addr();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let _running = health.start().unwrap();
        health.lifecycle().mark_started();
        assert!(get(address, "/livez", "").starts_with("HTTP/1.1 200 "));
        assert!(get(address, "/readyz", "").starts_with("HTTP/1.1 200 "));
        // This thread is the only one of the main runtime, and it blocks.
        control.advance(Duration::from_secs(31));
        assert!(get(address, "/livez", "").starts_with("HTTP/1.1 503 "));
        assert!(get(address, "/readyz", "").starts_with("HTTP/1.1 503 "));
        assert!(get(address, "/startupz", "").starts_with("HTTP/1.1 200 "));
    });
}

#[test]
fn server_outlives_the_health_runtime() {
    let health = Health::builder().handle_signals(false).build().unwrap();
    let server = server().mount(health.probe_routes()).start().unwrap();
    let address = server.local_addr();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let running = health.start().unwrap();
        health.lifecycle().force_shutdown();
        let _report = running.serve(running.shutdown_signal()).await;
    });
    drop(runtime);
    assert!(get(address, "/livez", "").starts_with("HTTP/1.1 200 "));
    let response = get(address, "/readyz", "");
    assert!(response.starts_with("HTTP/1.1 503 ") && response.contains(r#""phase":"stopped""#));
}

#[test]
fn metrics_are_mounted_beside_probes() {
    let health = Health::builder().build().unwrap();
    let exporter = PrometheusExporter::builder().build().unwrap();
    let recorder = exporter.recorder();
    metrics::with_local_recorder(&recorder, || metrics::counter!("hits").increment(1));
    let server = server()
        .mount(health.probe_routes())
        .mount(exporter.endpoint())
        .start()
        .unwrap();
    let address = server.local_addr();
    let response = get(address, "/metrics", "");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.contains("\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert!(response.contains("\nhits_total 1\n"), "{response}");

    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"HEAD /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (headers, body) = response.split_once("\r\n\r\n").unwrap();
    let (_, length) = headers.split_once("content-length: ").unwrap();
    assert!(!length.starts_with('0') && body.is_empty(), "{response}");

    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"POST /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 405 "), "{response}");
}

#[test]
fn probes_cannot_be_replaced() {
    let health = Health::builder().build().unwrap();
    let server = server()
        .mount(health.probe_routes())
        .route("/livez", health.readyz())
        .start();
    assert!(server.unwrap_err().to_string().contains("/livez"));
}
