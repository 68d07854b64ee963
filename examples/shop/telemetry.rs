//! Where the logs, traces and metrics of the shop go.

use gusset::incident::FlightRecorder;
use gusset::{ConfigError, Telemetry};

use super::Options;

/// Logs, traces and metrics, and what keeps the last of them in memory.
pub(crate) struct Signals {
    pub(crate) telemetry: Telemetry,
    pub(crate) recorder: FlightRecorder,
}

/// Sets up telemetry from environment variables.
///
/// The log is on standard output: text in a terminal, JSON in a pipe. Metrics can be scraped. If
/// `OTEL_EXPORTER_OTLP_ENDPOINT` is set, logs, traces and metrics are exported there.
pub(crate) fn set_up(options: &Options) -> Result<Signals, ConfigError> {
    // The traffic is thousands of requests a second. Their log entries would hide its report.
    let filter = match options.traffic {
        true => "warn,gusset::access=off,gusset::exception=off",
        false => "info",
    };
    let recorder = FlightRecorder::builder().build()?;
    let telemetry = gusset::telemetry()
        .log(move |log| log.filter(filter).expect("the filter is valid"))
        .logs(recorder.clone())
        .build()?;
    Ok(Signals {
        telemetry,
        recorder,
    })
}
