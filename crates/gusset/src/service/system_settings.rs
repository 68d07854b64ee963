//! The settings of the readings of the system, and the readings.

use gusset_system::{SystemSampler, SystemSamplerBuilder};

use super::{Gusset, GussetBuilder};

// === impl GussetBuilder ===

impl GussetBuilder {
    /// Configures the readings of process, container, host and runtime: their interval, other sources.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::builder()
    ///     .system(|system| system.interval(Duration::from_secs(5)).classic_names())
    ///     .without_health()
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn system<F>(mut self, configure: F) -> Self
    where
        F: FnOnce(SystemSamplerBuilder) -> SystemSamplerBuilder + 'static,
    {
        self.note_code(&["system"]);
        self.parts.system.configure = Box::new(configure);
        self
    }

    /// Leaves out the readings of process, container, host and runtime.
    pub fn without_system(mut self) -> Self {
        self.parts.system.is_on = false;
        self
    }
}

// === impl Gusset ===

impl Gusset {
    /// Returns the readings of process, container, host and runtime, to subscribe to them. `None` if they are left
    /// out, or metrics are.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// if let Some(system) = gusset.system() {
    ///     let now = system.latest().now;
    ///     println!("{:?} of {:?} CPUs", now.host.load, now.effective_cpus());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn system(&self) -> Option<&SystemSampler> {
        self.0.system.as_deref()
    }
}
