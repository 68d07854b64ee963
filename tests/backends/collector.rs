//! A real OpenTelemetry Collector counts what arrives over each protocol, and with TLS.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use gusset_data::{LogSink as _, SpanSink as _};
use gusset_otlp::{ExportReport, OtlpPipeline, OtlpProtocol, Signal};
use gusset_tests::programs::{Program, STEP_TIMEOUT, find, until};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;

use crate::certificates::Certificates;
use crate::items::{FourPoints, record, span};
use crate::receiver::{Received, Receiver};

/// Starts a collector with this configuration, or returns `None` if there is none.
pub(crate) async fn start(
    name: &str,
    ports: usize,
    config: impl Fn(&[SocketAddr]) -> String + Send + Sync + 'static,
) -> Option<Program> {
    let otelcol = find("OTELCOL", "otelcol")?;
    let command = move |addresses: &[SocketAddr], folder: &_| {
        let folder: &gusset_tests::programs::TempFolder = folder;
        let config = folder.write("config.yaml", &config(addresses));
        let mut command = Command::new(&otelcol);
        command.arg("--config").arg(config);
        command
    };
    Some(Program::start(name, ports, command).await)
}

/// Returns the section `service` with a pipeline of these components for each signal.
pub(crate) fn service(receivers: &str, processors: &str) -> String {
    let pipeline = format!(
        "{{ receivers: [{receivers}], processors: [{processors}], exporters: [otlp_grpc] }}"
    );
    format!(
        "service:
  telemetry: {{ metrics: {{ level: none }} }}
  pipelines:
    traces: {pipeline}
    metrics: {pipeline}
    logs: {pipeline}
"
    )
}

/// Returns a receiver of OTLP with these addresses and this configuration of TLS.
pub(crate) fn receiver(name: &str, grpc: SocketAddr, http: SocketAddr, tls: &str) -> String {
    format!(
        "  otlp/{name}:
    protocols:
      grpc: {{ endpoint: {grpc}{tls} }}
      http: {{ endpoint: {http}{tls} }}
"
    )
}

const PROTOCOLS: [OtlpProtocol; 3] = [
    OtlpProtocol::Grpc,
    OtlpProtocol::HttpProtobuf,
    OtlpProtocol::HttpJson,
];

/// The points that [`FourPoints`] produces.
const POINTS: usize = 4;
const SPANS: u64 = 3;
const RECORDS: u64 = 2;

/// How a connection to the collector is secured.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Security {
    Plain,
    Tls,
    /// TLS with a certificate of the client.
    Mutual,
}

/// A collector with a receiver for each [`Security`], and what it forwards.
struct Setup {
    receiver: Receiver,
    collector: Program,
    certificates: Arc<Certificates>,
}

// === impl Setup ===

impl Setup {
    async fn start(name: &str) -> Option<Self> {
        let to = Receiver::start();
        let certificates = Arc::new(Certificates::new(&format!("{name}-certificates")));
        let (files, target) = (Arc::clone(&certificates), to.addr());
        let config = move |at: &[SocketAddr]| {
            let own = format!(
                "cert_file: {}, key_file: {}",
                files.file("server.pem"),
                files.file("server.key")
            );
            let clients = format!("client_ca_file: {}", files.file("ca.pem"));
            let receivers = [
                receiver("plain", at[0], at[1], ""),
                receiver("tls", at[2], at[3], &format!(", tls: {{ {own} }}")),
                receiver(
                    "mutual",
                    at[4],
                    at[5],
                    &format!(", tls: {{ {own}, {clients} }}"),
                ),
            ];
            format!(
                "receivers:\n{}processors:\n  batch: {{ timeout: 20ms }}\nexporters:\n  \
                 otlp_grpc: {{ endpoint: {target}, tls: {{ insecure: true }} }}\n{}",
                receivers.concat(),
                service("otlp/plain, otlp/tls, otlp/mutual", "batch")
            )
        };
        Some(Self {
            collector: start(name, 6, config).await?,
            receiver: to,
            certificates,
        })
    }

    /// Exports spans, records and points with the numbers from `first` on.
    async fn export(
        &self,
        (protocol, gzip): (OtlpProtocol, bool),
        (security, with_certificate): (Security, bool),
        first: u64,
    ) -> ExportReport {
        let index = match security {
            Security::Plain => 0,
            Security::Tls => 2,
            Security::Mutual => 4,
        };
        let http = usize::from(protocol != OtlpProtocol::Grpc);
        let port = self.collector.addr(index + http).port();
        let scheme = match security {
            Security::Plain => "http",
            Security::Tls | Security::Mutual => "https",
        };
        let certificates = &self.certificates;
        let env = |name: &str| match name {
            "OTEL_EXPORTER_OTLP_CERTIFICATE" => Some(certificates.file("ca.pem")),
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE" if with_certificate => {
                Some(certificates.file("client.pem"))
            }
            "OTEL_EXPORTER_OTLP_CLIENT_KEY" if with_certificate => {
                Some(certificates.file("client.key"))
            }
            // Of a connection that the collector refuses.
            "OTEL_BSP_EXPORT_TIMEOUT"
            | "OTEL_BLRP_EXPORT_TIMEOUT"
            | "OTEL_METRIC_EXPORT_TIMEOUT"
                if security == Security::Mutual && !with_certificate =>
            {
                Some("500".to_owned())
            }
            _ => None,
        };
        let pipeline = OtlpPipeline::builder()
            .endpoint(format!("{scheme}://localhost:{port}"))
            .protocol(protocol)
            .gzip(gzip)
            .metric_producer(FourPoints(first))
            .build_with(env)
            .unwrap();
        let (spans, logs) = (pipeline.span_sink(), pipeline.log_sink());
        (first..first + SPANS).for_each(|number| spans.export(span(number)));
        (first..first + RECORDS).for_each(|number| logs.export(record(number)));
        let shutdown = tokio::task::spawn_blocking(move || pipeline.shutdown(STEP_TIMEOUT));
        shutdown.await.unwrap()
    }
}

/// Returns how often each number was received: in spans, in records, in points of metrics.
fn counts(received: &Received) -> [BTreeMap<u64, usize>; 3] {
    let mut counts = [const { BTreeMap::new() }; 3];
    let id = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().unwrap());
    for span in &received.spans {
        *counts[0].entry(id(&span.span_id)).or_default() += 1;
    }
    for record in &received.logs {
        *counts[1].entry(id(&record.span_id)).or_default() += 1;
    }
    for metric in &received.metrics {
        let all: Vec<_> = match metric.data.as_ref().unwrap() {
            Data::Sum(it) => it.data_points.iter().map(|it| &it.attributes).collect(),
            Data::Gauge(it) => it.data_points.iter().map(|it| &it.attributes).collect(),
            Data::Histogram(it) => it.data_points.iter().map(|it| &it.attributes).collect(),
            other => panic!("{other:?} was not sent"),
        };
        for attributes in all {
            let number = attributes.iter().find(|it| it.key == "number").unwrap();
            let number = crate::page::text(number.value.as_ref().unwrap());
            *counts[2].entry(number.parse().unwrap()).or_default() += 1;
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_item_arrives_over_every_protocol() {
    let Some(setup) = Setup::start("every-protocol").await else {
        return;
    };
    let mut expected = [const { BTreeMap::new() }; 3];
    let mut first = 1000;
    for security in [Security::Plain, Security::Tls, Security::Mutual] {
        for protocol in PROTOCOLS {
            for gzip in [false, true] {
                let security = (security, security == Security::Mutual);
                let report = setup.export((protocol, gzip), security, first).await;
                let case = format!("{security:?}, {protocol}, gzip: {gzip}: {report}");
                assert_eq!(report.dropped(), 0, "{case}");
                for (signal, count) in [
                    (Signal::Traces, SPANS),
                    (Signal::Logs, RECORDS),
                    (Signal::Metrics, POINTS as u64),
                ] {
                    assert_eq!(report.counts(signal).exported, count, "{case}");
                }
                expected[0].extend((first..first + SPANS).map(|number| (number, 1)));
                expected[1].extend((first..first + RECORDS).map(|number| (number, 1)));
                expected[2].insert(first, POINTS);
                first += 100;
            }
        }
    }
    // The collector forwards its batches later.
    let sum = |counts: &[BTreeMap<u64, usize>; 3]| -> usize {
        counts.iter().flat_map(BTreeMap::values).sum()
    };
    let received = until("all items are forwarded", async || {
        let received = counts(&setup.receiver.received());
        (sum(&received) >= sum(&expected)).then_some(received)
    });
    assert_eq!(received.await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_without_a_certificate_is_refused() {
    let Some(setup) = Setup::start("without-certificate").await else {
        return;
    };
    for protocol in PROTOCOLS {
        let without = (Security::Mutual, false);
        let report = setup.export((protocol, false), without, 1).await;
        let all = SPANS + RECORDS + POINTS as u64;
        assert_eq!(report.dropped(), all, "{protocol}: {report}");
    }
    let received = counts(&setup.receiver.received());
    assert!(received.iter().all(BTreeMap::is_empty), "{received:?}");
}
