//! The layers that are measured.

use std::mem::ManuallyDrop;
use std::sync::{Arc, OnceLock};

use gusset::Gusset;
use gusset::otlp::Signal;
use gusset::trace::sampler::AlwaysOff;
use tokio::runtime::Builder;

use crate::collector;

static SERVICE: OnceLock<Arc<ManuallyDrop<Gusset>>> = OnceLock::new();

/// Returns the page of metrics of the service that was set up first.
///
/// # Panics
/// If none was.
pub fn page() -> String {
    let service = SERVICE.get().expect("a service was set up");
    service.telemetry().prometheus().endpoint().render()
}

/// Sets these parts of a service up, as `init` does, with a collector that discards, and a log that is discarded.
/// The subscriber and the recorder are global, so a process can run one scenario only.
///
/// # Panics
/// Never, because the configuration is valid.
pub fn service(parts: &[&str], is_sampled: bool) -> Arc<ManuallyDrop<Gusset>> {
    let endpoint = collector::start();
    // For the health checks. It never runs, and lives as long as the process.
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = Box::leak(Box::new(runtime.expect("a runtime can be created")));
    let _runtime = runtime.enter();
    let mut builder = gusset::builder();
    if !parts.contains(&"log") {
        builder = builder.without_log();
    }
    if !parts.contains(&"trace") {
        builder = builder.without_traces();
    }
    if !parts.contains(&"metrics") {
        builder = builder.without_metrics();
    }
    if !parts.contains(&"id") {
        builder = builder.without_request_id();
    }
    if !is_sampled {
        builder = builder.telemetry(|telemetry| telemetry.sampler(AlwaysOff));
    }
    let gusset = builder
        .log(|log| {
            log.format(gusset::log::Format::Json)
                .writer(std::io::sink())
        })
        // Spans alone: log lines go to the writer, and metrics are scraped.
        .otlp(move |otlp| otlp.signal_endpoint(Signal::Traces, format!("{endpoint}/v1/traces")))
        .without_management()
        .without_panic_hook()
        .init()
        .expect("the configuration is valid");
    // Not dropped, so that the process does not wait for the queues.
    let gusset = Arc::new(ManuallyDrop::new(gusset));
    SERVICE.get_or_init(|| gusset.clone());
    gusset
}
