//! Where the logs, traces and metrics of the shop go.

use gusset::{ConfigError, Telemetry};

use super::Options;

/// Sets up telemetry from environment variables.
///
/// The log is on standard output: text in a terminal, JSON in a pipe. Metrics can be scraped. If
/// `OTEL_EXPORTER_OTLP_ENDPOINT` is set, logs, traces and metrics are exported there.
pub(crate) fn set_up(options: &Options) -> Result<Telemetry, ConfigError> {
    // The traffic is thousands of requests a second. Their log entries would hide its report.
    let filter = match options.traffic {
        true => "warn,gusset::access=off,gusset::exception=off",
        false => "info",
    };
    gusset::telemetry()
        .log(move |log| log.filter(filter).expect("the filter is valid"))
        .build()
}
