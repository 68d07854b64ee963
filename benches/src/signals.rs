//! All three signals at once, as the façade puts them together: a line, a span and the numbers of a call.

use std::mem::ManuallyDrop;
use std::net::TcpListener;
use std::sync::Arc;

use gusset::Telemetry;
use gusset_otlp::OtlpPipeline;
use gusset_prometheus::Prometheus;
use tracing::dispatcher;

use crate::axum::{BARE, layered};
use crate::{Scenario, Work, Works, layers};

/// The scenarios of a router that wears everything.
///
/// # Panics
/// Without a port to be had on this machine.
pub fn scenarios() -> Vec<Scenario> {
    let over = |name, about, make| Scenario {
        name,
        about,
        over: Some(BARE),
        times: 1000,
        make,
    };
    vec![
        over(
            "axum/metrics-otlp",
            "HTTP metrics, the same page and OTLP",
            metrics_and_otlp,
        ),
        over(
            "axum/signals",
            "a line, a span and metrics; nothing exported",
            || works(&[]),
        ),
        over(
            "axum/signals-quiet",
            "the same, not sampled, and the log at `warn`",
            || works(&[("OTEL_TRACES_SAMPLER", "always_off"), ("RUST_LOG", "warn")]),
        ),
        over(
            "axum/signals-dead",
            "the same as the first, with a collector that never answers",
            || {
                let endpoint = dead_endpoint();
                works(&[
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
                    // Soon full, as they are when a collector has been away for long.
                    ("OTEL_BSP_MAX_QUEUE_SIZE", "64"),
                    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "64"),
                    ("OTEL_BLRP_MAX_QUEUE_SIZE", "64"),
                    ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "64"),
                ])
            },
        ),
    ]
}

/// A collector that takes connections and never answers: they wait in its backlog for ever.
fn dead_endpoint() -> String {
    let dead = TcpListener::bind("127.0.0.1:0").expect("the machine has a port");
    let address = dead.local_addr().expect("it has an address");
    std::mem::forget(dead);
    format!("http://{address}")
}

/// The metrics of the scenario `axum/metrics`, from one recording on two roads.
fn metrics_and_otlp() -> Works {
    let prometheus = PrometheusExporter::builder().build().expect("by convention");
    let telemetry = OtlpPipeline::builder()
        .endpoint(dead_endpoint())
        .metric_producer(prometheus.recorder())
        .build_with(|_| None);
    std::mem::forget(telemetry.expect("a good configuration"));
    layered(layers::metrics_on(prometheus.recorder()))
}

/// Calls of the router with the signals of that environment, whose lines go nowhere.
fn works(variables: &[(&str, &str)]) -> Works {
    let signals = gusset::telemetry()
        .log(|log| {
            log.format(gusset::log::Format::Json)
                .writer(std::io::sink())
        })
        .build_with(|name| {
            let mut known = variables.iter();
            let (_, value) = known.find(|(known, _)| *known == name)?;
            Some((*value).to_owned())
        })
        .expect("a good configuration");
    // Kept to the end of the process, which does not wait for what is in the queues.
    let signals: Arc<ManuallyDrop<Telemetry>> = Arc::new(ManuallyDrop::new(signals));
    let layer = signals.http().build().expect("a good configuration");
    let calls = layered(layer.layer());
    // As a service has it; in a program that does several scenarios, only the first one.
    let is_global = telemetry.install_global().is_ok();
    Box::new(move || {
        let (signals, mut call) = (signals.clone(), calls());
        if is_global {
            return call;
        }
        let work: Work = Box::new(move || dispatcher::with_default(signals.dispatch(), &mut call));
        work
    })
}
