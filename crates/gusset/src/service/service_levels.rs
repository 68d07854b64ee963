//! The objectives and normal ranges of a service.

use gusset_slo::{Monitor, ServiceLevels};

use super::{Gusset, GussetBuilder};

// === impl GussetBuilder ===

impl GussetBuilder {
    /// Watches objectives and normal ranges.
    ///
    /// The process evaluates them after each reading of the history ([`Gusset::monitor`]), histograms have the
    /// boundaries that were added, and the management server has the generated files at `/slo/`.
    ///
    /// ```
    /// use gusset::slo::{Objective, ServiceLevels, Subject};
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// let levels = ServiceLevels::builder("shop")
    ///     .catalogue(gusset::catalogue())
    ///     .objective(Objective::availability("orders", Subject::route("/orders")).target(0.999))
    ///     .latency_budgets()
    ///     .build()?;
    /// let gusset = gusset::builder().service_levels(levels).without_health().build()?;
    /// let monitor = gusset.monitor().expect("it has service levels");
    /// monitor.on_change(|change| println!("{change}"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn service_levels(mut self, levels: ServiceLevels) -> Self {
        let views = levels.views();
        self.parts.service_levels = Some(levels);
        self.telemetry(|telemetry| telemetry.add_views(views))
    }
}

// === impl Gusset ===

impl Gusset {
    /// Returns the monitor of the service levels, or `None` without them.
    ///
    /// Without a history, its states stay unknown.
    pub fn monitor(&self) -> Option<&Monitor> {
        self.0.monitor.as_ref()
    }
}
