//! Why the service is slow.

use std::sync::Arc;

use gusset_diagnose::{Diagnosis, WatcherBuilder};

use super::{Gusset, GussetBuilder};

// === impl GussetBuilder ===

impl GussetBuilder {
    /// Configures the diagnosis: thresholds, and in how many readings a finding has to be.
    ///
    /// ```
    /// use gusset::diagnose::{Levels, Thresholds};
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// let mut thresholds = Thresholds::default();
    /// thresholds.cpu_pressure = Levels::new(0.3, 0.6);
    /// let gusset = gusset::builder()
    ///     .diagnosis(move |diagnosis| diagnosis.thresholds(thresholds))
    ///     .without_health()
    ///     .without_management()
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn diagnosis(
        mut self,
        configure: impl FnOnce(WatcherBuilder) -> WatcherBuilder + 'static,
    ) -> Self {
        self.parts.diagnosis = Some(Box::new(configure));
        self
    }

    /// Leaves the diagnosis out.
    pub fn without_diagnosis(mut self) -> Self {
        self.parts.diagnosis = None;
        self
    }
}

// === impl Gusset ===

impl Gusset {
    /// Returns why the service is slow, and what is not the cause: the diagnosis of the last reading of the system.
    ///
    /// `None` without the readings of the system or without the history. Each change is logged too, and is the metric
    /// `gusset.diagnosis.active`.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// if let Some(diagnosis) = gusset.diagnosis() {
    ///     println!("{diagnosis}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn diagnosis(&self) -> Option<Arc<Diagnosis>> {
        self.0
            .diagnosis
            .as_ref()
            .map(gusset_diagnose::LatestDiagnosis::get)
    }
}
