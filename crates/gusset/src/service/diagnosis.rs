//! Diagnoses each new snapshot of the system.

use gusset_core::{Clock, ConfigError};
use gusset_diagnose::{HistorySource, LatestDiagnosis, Reading, Watcher, WatcherBuilder};
use gusset_history::History;
use gusset_system::SystemSampler;
use tracing::dispatcher::with_default;

use crate::Telemetry;
use crate::kind::ConfigureFn;

/// Subscribes a watcher to the readings of the system, and returns what it finds.
pub(super) fn start(
    configure: ConfigureFn<WatcherBuilder>,
    telemetry: &Telemetry,
    system: &SystemSampler,
    history: &History,
) -> Result<LatestDiagnosis, ConfigError> {
    let builder = Watcher::builder().recorder(telemetry.recorder());
    let mut watcher = configure(builder).build()?;
    let latest = watcher.latest();
    let source = HistorySource::new(history.clone());
    let dispatch = telemetry.dispatch().clone();
    let clock = Clock::system();
    // It runs on the thread of the sampler, and ends with it.
    system.subscribe(move |_, now| {
        let mut reading = Reading::from(now.clone());
        source.fill(clock.now(), &mut reading);
        with_default(&dispatch, || watcher.observe(reading));
    });
    Ok(latest)
}
