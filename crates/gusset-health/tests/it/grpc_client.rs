//! `grpc.health.v1` with the reference client of Python. Skipped if the client is missing, except in CI.

use std::future::IntoFuture as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use axum::Router;
use gusset_health::{GrpcHealth, Health};
use tokio::net::TcpListener;

fn is_installed() -> bool {
    let import = ["-c", "import grpc_health.v1.health_pb2_grpc"];
    let python = Command::new("python3")
        .args(import)
        .stderr(Stdio::null())
        .status();
    python.is_ok_and(|status| status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn reference_client_reads_all_statuses() {
    if !is_installed() {
        let ci = std::env::var_os("CI").is_some();
        assert!(!ci, "grpcio-health-checking is required in CI");
        println!("SKIPPED: grpcio-health-checking is missing");
        return;
    }
    let health = Health::builder()
        .handle_signals(false)
        .drain_delay(Duration::from_secs(1))
        .build()
        .unwrap();
    let runtime = health.start().unwrap();
    let grpc = health.grpc().service("shop.v1.Cart").unwrap();
    let app = Router::new().route_service(GrpcHealth::PATH, grpc);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = axum::serve(listener, app).with_graceful_shutdown(runtime.shutdown_signal());
    let server = tokio::spawn(async move { runtime.serve(server.into_future()).await });
    health.lifecycle().mark_started();

    let life = health.lifecycle().clone();
    let client = tokio::task::spawn_blocking(move || {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/grpc_client.py");
        let mut python = Command::new("python3")
            .args([script, &address])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = Vec::new();
        for line in BufReader::new(python.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if line == "watching" {
                life.begin_shutdown();
            } else if !line.starts_with("list ") {
                output.push(line);
            }
        }
        assert!(python.wait().unwrap().success());
        output
    });
    assert_eq!(
        client.await.unwrap(),
        [
            "check '': SERVING",
            "check 'liveness': SERVING",
            "check 'readiness': SERVING",
            "check 'shop.v1.Cart': SERVING",
            "check 'unknown': NOT_FOUND",
            "watch '': SERVING NOT_SERVING UNAVAILABLE",
            "watch 'unknown': SERVICE_UNKNOWN UNAVAILABLE",
        ]
    );
    assert!(server.await.unwrap().is_clean());
}
