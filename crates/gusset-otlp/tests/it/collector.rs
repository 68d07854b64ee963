//! Exports to a real collector, if `OTELCOL` is the path of one.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use gusset_data::{LogSink as _, MetricProducer, SpanSink as _};
use gusset_otlp::{OtlpPipeline, OtlpProtocol};
use tokio::time::Instant;

use crate::support::{TEST_TIMEOUT, build_fast, counter, record, span};

/// The collector process, killed when the test ends.
struct CollectorProcess(Child);

impl Drop for CollectorProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct OneCounter;

impl MetricProducer for OneCounter {
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
fn real_collector_accepts_all_signals_and_protocols() {
    let Some(program) = std::env::var_os("OTELCOL").filter(|program| !program.is_empty()) else {
        println!("SKIPPED: OTELCOL is not set to a collector");
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
  pipeline: {{ metrics: {{ level: none }} }}
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
    let mut collector = CollectorProcess(child.unwrap());
    let start = Instant::now();
    while [grpc, http]
        .iter()
        .any(|port| TcpStream::connect(("127.0.0.1", *port)).is_err())
    {
        assert!(start.elapsed() < TEST_TIMEOUT, "the collector listens");
        std::thread::yield_now();
    }
    // Read on another thread, so that the collector never blocks on a full pipe.
    let mut stderr = collector.0.stderr.take().unwrap();
    let output = std::thread::spawn(move || {
        let mut output = String::new();
        let _ = stderr.read_to_string(&mut output);
        output
    });
    let names = ["over-protobuf", "over-json", "over-grpc"];
    let protocols = [
        OtlpProtocol::HttpProtobuf,
        OtlpProtocol::HttpJson,
        OtlpProtocol::Grpc,
    ];
    for (protocol, name) in protocols.into_iter().zip(names) {
        for gzip in [false, true] {
            let port = if protocol == OtlpProtocol::Grpc {
                grpc
            } else {
                http
            };
            let builder = OtlpPipeline::builder()
                .endpoint(format!("http://127.0.0.1:{port}"))
                .protocol(protocol)
                .gzip(gzip)
                .metric_producer(OneCounter);
            let pipeline = build_fast(builder, &[]);
            pipeline.span_sink().export(span(name));
            pipeline.log_sink().export(record(name));
            let report = pipeline.shutdown(TEST_TIMEOUT);
            assert_eq!(report.dropped(), 0, "{protocol} {report:?}");
        }
    }
    drop(collector);
    let _ = std::fs::remove_file(path);
    let output = output.join().unwrap();
    for name in names {
        // A span and a record, each plain and compressed.
        assert!(output.matches(name).count() >= 4, "{name} in {output}");
    }
}
