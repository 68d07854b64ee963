//! Recording rules and alerts for Prometheus.

mod alert;
mod burn;
mod file;
mod format;
mod range;
mod series;
mod standard;

pub use self::alert::Alert;
pub use self::file::RuleFile;

pub(crate) use self::file::{Group, to_yaml};
pub(crate) use self::series::Case;

use crate::ServiceLevels;

impl ServiceLevels {
    /// Returns the recording rules and alerts, for a rule file of Prometheus.
    ///
    /// ```
    /// use gusset_slo::{Objective, ServiceLevels, Subject};
    ///
    /// # fn main() -> Result<(), gusset_slo::ConfigError> {
    /// let orders = Objective::availability("orders", Subject::route("/orders")).target(0.999);
    /// let levels = ServiceLevels::builder("shop").objective(orders).build()?;
    /// let alerts: Vec<_> = levels.alerts().iter().map(|alert| alert.name().to_owned()).collect();
    /// assert!(alerts.contains(&"OrdersErrorBudgetBurnFast".to_owned()));
    /// std::fs::write(std::env::temp_dir().join("shop-rules.yaml"), levels.rules().to_yaml()).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn rules(&self) -> RuleFile {
        RuleFile::new(&self.groups())
    }

    /// Returns all alerts, in the order of the rules.
    pub fn alerts(&self) -> Vec<Alert> {
        let groups = self.groups().into_iter();
        groups.flat_map(|group| group.alerts).collect()
    }

    /// Returns the groups of rules: one of each objective and range, and one of the standard alerts.
    pub(crate) fn groups(&self) -> Vec<Group> {
        let objectives = self.objectives().iter();
        let objectives = objectives.map(|objective| burn::group(self, objective));
        let ranges = self.ranges().iter();
        let ranges = ranges.filter_map(|range| range::group(self, range));
        objectives
            .chain(ranges)
            .chain([standard::group(self)])
            .collect()
    }
}
