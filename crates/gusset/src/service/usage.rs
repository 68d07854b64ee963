//! Builds what counts who uses the service.

use std::sync::Arc;

use gusset_core::ConfigError;
use gusset_usage::{Usage, UsageBuilder};

use crate::Telemetry;
use crate::kind::ConfigureFn;

/// Builds the usage, and shows it beside the metrics of the registry, which does not keep it alive.
pub(super) fn build(
    configure: ConfigureFn<UsageBuilder>,
    telemetry: &Telemetry,
    has_registry: bool,
) -> Result<Arc<Usage>, ConfigError> {
    let builder = Usage::builder().recorder(telemetry.recorder());
    let usage = Arc::new(configure(builder).build()?);
    if has_registry {
        telemetry.metrics.registry().add_producer(&usage);
    }
    Ok(usage)
}
