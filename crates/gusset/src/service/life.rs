//! Health with the settings of a service.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use gusset_core::{Clock, ConfigError, Env};
use gusset_health::{Health, HealthBuilder};

use crate::Telemetry;
use crate::kind::ConfigureFn;

/// Builds it, with a function that notes when the flush starts.
pub(super) fn build_health(
    configure: ConfigureFn<HealthBuilder>,
    telemetry: &Telemetry,
    flush_deadline: Duration,
    clock: Clock,
    flush_started: Arc<OnceLock<Instant>>,
    env: Env<'_>,
) -> Result<Health, ConfigError> {
    let builder = Health::builder()
        .env(env)
        .redaction(telemetry.redaction().clone())
        .recorder(telemetry.recorder())
        .flush_deadline(flush_deadline)
        // The first function: those of the service and the telemetry share the deadline.
        .flush(move || {
            let _ = flush_started.set(clock.now());
            std::future::ready(())
        });
    configure(builder).build()
}
