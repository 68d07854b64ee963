//! A real collector, if `OTELCOL` names the program of one.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use gusset_data::{LogSink as _, MetricProducer, SpanSink as _};
use gusset_otlp::{Protocol, Telemetry};
use tokio::time::Instant;

use crate::support::{PATIENCE, counter, quick, record, span};

/// Ended with the test, well or not.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Source;

impl MetricProducer for Source {
    fn metrics(&self) -> Vec<gusset_data::Metric> {
        vec![counter(1.0)]
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

#[test]
fn a_real_collector_takes_all_signals_over_every_protocol() {
    let Some(program) = std::env::var_os("OTELCOL").filter(|program| !program.is_empty()) else {
        println!("SKIPPED: OTELCOL names no collector");
        return;
    };
    let (grpc, http) = (free_port(), free_port());
    let config = format!(
        "receivers:
  otlp:
    protocols:
      grpc: {{ endpoint: 127.0.0.1:{grpc} }}
      http: {{ endpoint: 127.0.0.1:{http} }}
exporters:
  debug: {{ verbosity: detailed }}
service:
  telemetry: {{ metrics: {{ level: none }} }}
  pipelines:
    traces: {{ receivers: [otlp], exporters: [debug] }}
    metrics: {{ receivers: [otlp], exporters: [debug] }}
    logs: {{ receivers: [otlp], exporters: [debug] }}
"
    );
    let path = std::env::temp_dir().join(format!("gusset-otelcol-{}.yaml", std::process::id()));
    std::fs::write(&path, config).unwrap();
    let child = Command::new(program)
        .arg("--config")
        .arg(&path)
        .stderr(Stdio::piped())
        .spawn();
    let mut collector = Running(child.unwrap());
    let start = Instant::now();
    while [grpc, http]
        .iter()
        .any(|port| TcpStream::connect(("127.0.0.1", *port)).is_err())
    {
        assert!(start.elapsed() < PATIENCE, "the collector listens");
        std::thread::yield_now();
    }
    // Read beside, so that the collector never waits to be heard.
    let mut stderr = collector.0.stderr.take().unwrap();
    let said = std::thread::spawn(move || {
        let mut said = String::new();
        let _ = stderr.read_to_string(&mut said);
        said
    });
    let names = ["over-protobuf", "over-json", "over-grpc"];
    let protocols = [Protocol::HttpProtobuf, Protocol::HttpJson, Protocol::Grpc];
    for (protocol, name) in protocols.into_iter().zip(names) {
        for gzip in [false, true] {
            let port = if protocol == Protocol::Grpc {
                grpc
            } else {
                http
            };
            let builder = Telemetry::builder()
                .endpoint(format!("http://127.0.0.1:{port}"))
                .protocol(protocol)
                .gzip(gzip)
                .metrics(Source);
            let telemetry = quick(builder, &[]);
            telemetry.spans().export(span(name));
            telemetry.logs().export(record(name));
            let report = telemetry.shutdown(PATIENCE);
            assert_eq!(report.lost(), 0, "{protocol} {report:?}");
        }
    }
    drop(collector);
    let _ = std::fs::remove_file(path);
    let said = said.join().unwrap();
    for name in names {
        // A span and a record, plain and compressed.
        assert!(said.matches(name).count() >= 4, "{name} in {said}");
    }
}
