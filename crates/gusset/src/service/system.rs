//! Starts the readings of the system.

use std::sync::Arc;

use gusset_core::ConfigError;
use gusset_system::{SystemSampler, SystemSamplerBuilder, TokioSource};
use tokio::runtime::Handle;

use crate::Telemetry;
use crate::kind::ConfigureFn;

/// The settings of the readings.
pub(super) struct SystemParts {
    pub(super) configure: ConfigureFn<SystemSamplerBuilder>,
    pub(super) is_on: bool,
}

// === impl SystemParts ===

impl SystemParts {
    pub(super) fn new() -> Self {
        Self {
            configure: Box::new(|system| system),
            is_on: true,
        }
    }

    /// Starts the sampler, and shows it beside the metrics of the registry, which does not keep it alive.
    pub(super) fn start(
        self,
        telemetry: &Telemetry,
    ) -> Result<Option<Arc<SystemSampler>>, ConfigError> {
        if !self.is_on {
            return Ok(None);
        }
        let mut builder = SystemSampler::builder();
        if let Ok(runtime) = Handle::try_current() {
            builder = builder.source(TokioSource::new(runtime));
        }
        let sampler = Arc::new((self.configure)(builder).start()?);
        if telemetry.metrics.is_registry() {
            telemetry.metrics.registry().add_producer(&sampler);
        } else {
            tracing::info!(
                target: "gusset",
                "the readings of the system are not among the metrics, because these go to the recorder of the \
                 service (`recorder`); export `Gusset::system` as a `MetricProducer`"
            );
        }
        Ok(Some(sampler))
    }
}
