//! The settings of the operations page.

use gusset_ops::{Operations, OperationsBuilder};

use super::{Gusset, GussetBuilder};

// === impl GussetBuilder ===

impl GussetBuilder {
    /// Configures the operations page, at `/ops` on the management server: parts of the service, tasks, links.
    ///
    /// It has the history, diagnosis, health, breakers, objectives, the readings of the system, faults on purpose, written and
    /// dropped log entries, the configuration, and with the feature `incident` and a folder what was recorded and the
    /// reports, as far as the service has them. Its token is [`controls_token`](Self::controls_token); on the network it is
    /// served only with one. With it an operator can change the filter of the log for a time, and make a report.
    ///
    /// ```
    /// use gusset::data::StateTree;
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::builder()
    ///     .operations_page(|page| page.part("cache", || StateTree::fields([("entries", 3_u64.into())])))
    ///     .without_health()
    ///     .build()?;
    /// let page = gusset.operations_page().expect("there is a management server");
    /// assert!(page.to_text().contains("entries: 3"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn operations_page(
        mut self,
        configure: impl FnOnce(OperationsBuilder) -> OperationsBuilder + 'static,
    ) -> Self {
        self.parts.operations = Some(Box::new(configure));
        self
    }

    /// Leaves out the operations page.
    pub fn without_operations_page(mut self) -> Self {
        self.parts.operations = None;
        self
    }
}

// === impl Gusset ===

impl Gusset {
    /// Returns the operations page, for another server than that of management. `None` without a management server.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().build()?;
    /// if let Some(page) = gusset.operations_page() {
    ///     println!("{}", page.to_text());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn operations_page(&self) -> Option<&Operations> {
        self.0.operations.as_ref()
    }
}
