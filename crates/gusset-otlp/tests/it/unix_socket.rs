//! Exports to a Unix socket.

use std::io::copy;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use gusset_data::SpanSink as _;
use gusset_otlp::{OtlpPipeline, Signal};

use crate::receiver::Receiver;
use crate::support::{TEST_TIMEOUT, build_with, env, span};
use crate::tls::TempDir;

/// Passes on what a socket receives to a receiver.
fn forward(path: &str, receiver: SocketAddr) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut server = TcpStream::connect(receiver).unwrap();
            let mut from_client = client.try_clone().unwrap();
            let mut to_server = server.try_clone().unwrap();
            thread::spawn(move || {
                let _ = copy(&mut from_client, &mut to_server);
                let _ = to_server.shutdown(std::net::Shutdown::Write);
            });
            thread::spawn(move || copy(&mut server, &mut client));
        }
    });
}

fn export(variables: &[(&str, &str)]) -> OtlpPipeline {
    let pipeline = OtlpPipeline::builder().build_with(env(variables)).unwrap();
    pipeline.span_sink().export(span("a"));
    pipeline
}

#[test]
fn every_protocol_is_exported_to_a_socket() {
    let dir = TempDir::new("unix");
    for (index, protocol) in ["http/protobuf", "http/json", "grpc"]
        .into_iter()
        .enumerate()
    {
        for variable in [
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        ] {
            let receiver = Receiver::start();
            let path = dir.write(&format!("{index}{}.sock", variable.len()), "");
            std::fs::remove_file(&path).unwrap();
            forward(&path, receiver.address());
            let url = format!("unix:{path}");
            let protocol = ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
            let pipeline = export(&[(variable, &url), protocol]);
            pipeline.receivers()[0]
                .connect(Duration::from_secs(1))
                .unwrap();
            let report = pipeline.shutdown(TEST_TIMEOUT);
            assert_eq!(
                report.counts(Signal::Traces).exported,
                1,
                "{url} {protocol:?}"
            );
            assert_eq!(receiver.spans().len(), 1);
        }
    }
}

#[test]
fn both_notations_of_grpc_are_read_and_named() {
    for (url, expected) in [
        ("unix:/run/otlp.sock", "unix:/run/otlp.sock"),
        ("unix:///run/otlp.sock", "unix:/run/otlp.sock"),
        ("unix:otlp.sock", "unix:otlp.sock"),
    ] {
        let pipeline = build_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", url)]).unwrap();
        let receiver = &pipeline.receivers()[0];
        assert_eq!(receiver.to_string(), expected);
        assert!(receiver.connect(Duration::from_secs(1)).is_err());
        assert!(!receiver.exposes_headers());
    }
    let error = build_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "unix:")]).unwrap_err();
    let expected =
        "`OTEL_EXPORTER_OTLP_ENDPOINT`: not a valid URL, the path of the socket is missing";
    assert_eq!(error.to_string(), expected);
}
