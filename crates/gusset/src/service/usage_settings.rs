//! Who uses the service.

use gusset_usage::{SignIns, Usage, UsageBuilder};

use super::{Gusset, GussetBuilder};

// === impl GussetBuilder ===

impl GussetBuilder {
    /// Configures who uses the service: by what a visitor is recognised, rules of bots, the number of pages.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::builder()
    ///     .usage(|usage| usage.bot("acme-monitor").max_pages(50))
    ///     .without_health()
    ///     .without_management()
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn usage(mut self, configure: impl FnOnce(UsageBuilder) -> UsageBuilder + 'static) -> Self {
        self.parts.usage = Box::new(configure);
        self
    }
}

// === impl Gusset ===

impl Gusset {
    /// Returns who uses the service: its most used pages, distinct visitors, sign-ins. The layers of servers count them; they
    /// are in the metrics, on the operations page and in incident reports.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let report = gusset.usage().report();
    /// println!("{} visitors today, {} of them new", report.last_day.visitors, report.last_day.new_visitors.unwrap_or(0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn usage(&self) -> &Usage {
        &self.0.usage
    }

    /// Returns the handle by which the service reports its sign-ins, to be kept where passwords are checked.
    ///
    /// ```
    /// use gusset::usage::FailureReason;
    ///
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let sign_ins = gusset.sign_ins();
    /// sign_ins.failure("ada", "192.0.2.7", FailureReason::WrongCredentials);
    /// # Ok(())
    /// # }
    /// ```
    pub fn sign_ins(&self) -> SignIns {
        self.0.usage.sign_ins().clone()
    }
}
