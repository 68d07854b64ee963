//! Starts the readings of the system.

use std::sync::Arc;

use gusset_core::ConfigError;
#[cfg(feature = "system-calls")]
use gusset_system::CallMonitor;
use gusset_system::{LagProbe, LagProducer, SystemSampler, SystemSamplerBuilder, TokioSource};
use tokio::runtime::Handle;

use crate::Telemetry;
use crate::kind::ConfigureFn;

/// The settings of the readings.
pub(super) struct SystemParts {
    pub(super) configure: ConfigureFn<SystemSamplerBuilder>,
    pub(super) is_on: bool,
}

/// The readings of the system, and of the lag of the runtime.
#[derive(Default)]
pub(super) struct SystemReadings {
    pub(super) sampler: Option<Arc<SystemSampler>>,
    pub(super) lag: Option<Lag>,
}

/// Measures the lag until it is dropped. The registry does not keep the producer alive.
pub(super) type Lag = (LagProbe, Arc<LagProducer>);

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
        has_timers: bool,
        #[cfg(feature = "system-calls")] calls: Option<&Arc<CallMonitor>>,
    ) -> Result<SystemReadings, ConfigError> {
        if !self.is_on {
            return Ok(SystemReadings::default());
        }
        let mut builder = SystemSampler::builder();
        let mut lag = None;
        if let Ok(runtime) = Handle::try_current() {
            if has_timers {
                let probe = LagProbe::spawn(&runtime);
                builder = builder.source(probe.source());
                let producer = Arc::new(probe.producer());
                lag = Some((probe, producer));
            }
            builder = builder.source(TokioSource::new(runtime));
        }
        #[cfg(feature = "system-calls")]
        if let Some(calls) = calls {
            builder = builder.source(calls.source());
        }
        let sampler = Arc::new((self.configure)(builder).start()?);
        if telemetry.metrics.is_registry() {
            let registry = telemetry.metrics.registry();
            registry.add_producer(&sampler);
            if let Some((_, producer)) = &lag {
                registry.add_producer(producer);
            }
            #[cfg(feature = "system-calls")]
            if let Some(calls) = calls {
                registry.add_producer(calls);
            }
        } else {
            tracing::info!(
                target: "gusset",
                "the readings of the system are not among the metrics, because these go to the recorder of the \
                 service (`recorder`); export `Gusset::system` as a `MetricProducer`"
            );
        }
        Ok(SystemReadings {
            sampler: Some(sampler),
            lag,
        })
    }
}
