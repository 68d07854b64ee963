//! The filter of the log as a setting that an operator changes for a time.

use std::time::Duration;

use gusset_core::ConfigError;
use gusset_data::StateTree;
use gusset_log::FilterHandle;
use gusset_ops::TemporarySetting;

/// The filter of the log. Its own thread reverts it.
pub(super) struct LogFilter(pub(super) FilterHandle);

impl TemporarySetting for LogFilter {
    fn current(&self) -> StateTree {
        self.0.filter().into()
    }

    fn set(&self, value: &str, time: Duration) -> Result<(), ConfigError> {
        self.0.set_temporarily(value, time)
    }

    fn revert(&self) {
        self.0.revert();
    }
}
