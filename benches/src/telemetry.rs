//! Logs, traces and metrics together, as the façade combines them.

use std::mem::ManuallyDrop;
use std::net::TcpListener;
use std::sync::Arc;

use gusset::Telemetry;
use gusset_otlp::OtlpPipeline;
use gusset_prometheus::PrometheusExporter;
use tracing::dispatcher;

use crate::axum::{BARE, layered};
use crate::{Scenario, Work, WorkFactory, layers};

/// Returns the scenarios of a router with telemetry.
///
/// # Panics
/// If no port is free.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, about, make| Scenario {
        name,
        about,
        baseline: Some(BARE),
        times: 1000,
        make,
    };
    vec![
        scenario(
            "axum/metrics-otlp",
            "HTTP metrics, Prometheus exporter and OTLP",
            metrics_and_otlp,
        ),
        scenario(
            "axum/telemetry",
            "log entry, span and metrics; no OTLP export",
            || calls(&[]),
        ),
        scenario(
            "axum/telemetry-quiet",
            "the same, not sampled, log level `warn`",
            || calls(&[("OTEL_TRACES_SAMPLER", "always_off"), ("RUST_LOG", "warn")]),
        ),
        scenario(
            "axum/telemetry-no-response",
            "log entry, span and metrics; the collector does not respond",
            || {
                let endpoint = silent_endpoint();
                calls(&[
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
                    // Small queues are soon full, as in a long outage of the collector.
                    ("OTEL_BSP_MAX_QUEUE_SIZE", "64"),
                    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "64"),
                    ("OTEL_BLRP_MAX_QUEUE_SIZE", "64"),
                    ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "64"),
                ])
            },
        ),
    ]
}

/// Returns the address of a collector that never responds. Connections stay in its backlog.
fn silent_endpoint() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    std::mem::forget(listener);
    format!("http://{address}")
}

/// Returns calls as `axum/metrics`, whose metrics are also exported over OTLP.
fn metrics_and_otlp() -> WorkFactory {
    let prometheus = PrometheusExporter::builder()
        .build()
        .expect("the defaults are valid");
    let pipeline = OtlpPipeline::builder()
        .endpoint(silent_endpoint())
        .metric_producer(prometheus.recorder())
        .build_with(|_| None);
    std::mem::forget(pipeline.expect("the configuration is valid"));
    layered(layers::metrics_on(prometheus.recorder()))
}

/// Returns calls of the router with telemetry. The log is discarded.
fn calls(variables: &[(&str, &str)]) -> WorkFactory {
    let telemetry = gusset::telemetry()
        .log(|log| {
            log.format(gusset::log::Format::Json)
                .writer(std::io::sink())
        })
        .build_with(|name| {
            let mut known = variables.iter();
            let (_, value) = known.find(|(known, _)| *known == name)?;
            Some((*value).to_owned())
        })
        .expect("the configuration is valid");
    // Not dropped, so that the process does not wait for the queues.
    let telemetry: Arc<ManuallyDrop<Telemetry>> = Arc::new(ManuallyDrop::new(telemetry));
    let layer = telemetry
        .http()
        .build()
        .expect("the configuration is valid");
    let calls = layered(layer.layer());
    // Global as in a service. If a program runs several scenarios, only the first one is.
    let is_global = telemetry.install_global().is_ok();
    Box::new(move || {
        let (telemetry, mut call) = (telemetry.clone(), calls());
        if is_global {
            return call;
        }
        let work: Work =
            Box::new(move || dispatcher::with_default(telemetry.dispatch(), &mut call));
        work
    })
}
