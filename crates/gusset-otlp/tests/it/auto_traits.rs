//! What may be sent and shared between threads.

use gusset_otlp::{ConfigError, Logs, Report, Spans, Telemetry, TelemetryBuilder};

fn everywhere<T: Send + Sync + Unpin + 'static>() {}

#[test]
fn all_that_is_public_may_go_everywhere() {
    everywhere::<Telemetry>();
    everywhere::<TelemetryBuilder>();
    everywhere::<Spans>();
    everywhere::<Logs>();
    everywhere::<Report>();
    everywhere::<ConfigError>();
}
