//! Where the shop's logs, traces and metrics go.

use gusset::{ConfigError, Telemetry};

use super::Options;

/// By the environment: lines to standard output, pretty in a terminal and JSON in a pipe; metrics to the
/// page; and all three signals to a collector if `OTEL_EXPORTER_OTLP_ENDPOINT` names one. Otherwise a
/// line says that nothing is exported.
pub(crate) fn set_up(options: &Options) -> Result<Telemetry, BuildError> {
    // A line for each of some ten thousand calls would hide what the traffic has to say.
    let filter = match options.traffic {
        true => "warn,gusset::access=off,gusset::exception=off",
        false => "info",
    };
    gusset::telemetry()
        .log(move |log| log.filter(filter).expect("a filter"))
        .build()
}
