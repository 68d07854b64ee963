//! Delta temporality, made cumulative again by a real collector.

use std::net::SocketAddr;

use crate::collector::{receiver, start};
use crate::page::{self, from_otlp};
use crate::receiver::Receiver;
use crate::service::Service;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deltas_add_up_to_the_metrics_page() {
    const ROUNDS: usize = 6;
    let to = Receiver::start();
    let target = to.addr();
    let config = move |at: &[SocketAddr]| {
        format!(
            "receivers:
{}processors:
  delta_to_cumulative:
exporters:
  otlp_grpc: {{ endpoint: {target}, tls: {{ insecure: true }} }}
service:
  telemetry: {{ metrics: {{ level: none }} }}
  pipelines:
    metrics: {{ receivers: [otlp/plain], processors: [delta_to_cumulative], exporters: [otlp_grpc] }}
",
            receiver("plain", at[0], at[1], "")
        )
    };
    let Some(collector) = start("deltas", 2, config).await else {
        return;
    };
    let service = Service::start(&[
        (
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            format!("http://{}/v1/metrics", collector.addr(1)),
        ),
        (
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "delta".to_owned(),
        ),
        // Exported between the flushes too.
        ("OTEL_METRIC_EXPORT_INTERVAL", "50".to_owned()),
    ]);
    for round in 0..ROUNDS {
        service.call(round).await;
        service.flush().await;
    }

    let page = service.page().await;
    // The collector has responded before it forwards the last points.
    page::wait_until_equal(&page, async || from_otlp(&to.received().metrics)).await;
    let buckets = page
        .keys()
        .filter(|(name, _)| name == "http_server_request_duration_seconds_bucket");
    assert!(buckets.count() > 50, "{page:?}");
}
