//! Takes readings for the history.

use std::sync::Mutex;

use gusset_core::ConfigError;
use gusset_data::SharedRecorder;
use gusset_history::{History, HistoryBuilder, Sampler, SamplerBuilder};

use super::Error;
use crate::Telemetry;
use crate::kind::ConfigureFn;

/// A history and what takes its readings.
pub(super) struct HistoryParts {
    pub(super) history: History,
    /// Dropped at the shutdown.
    pub(super) sampler: Mutex<Option<Sampler>>,
}

// === impl HistoryParts ===

impl HistoryParts {
    /// Starts to take readings of the registry. `readers` adds what reads the history after each of them.
    pub(super) fn start(
        configure: ConfigureFn<HistoryBuilder>,
        telemetry: &Telemetry,
        recorder: SharedRecorder,
        readers: impl FnOnce(SamplerBuilder, &History) -> SamplerBuilder,
    ) -> Result<Self, Error> {
        let builder = History::builder().recorder(recorder);
        let history = configure(builder).build()?;
        let sampler = Sampler::builder(history.clone()).producer(telemetry.registry());
        let sampler = readers(sampler, &history).start().map_err(|error| {
            let problem = format!("its thread cannot be started: {error}");
            ConfigError::new("history", problem)
        })?;
        Ok(Self {
            history,
            sampler: Mutex::new(Some(sampler)),
        })
    }
}
