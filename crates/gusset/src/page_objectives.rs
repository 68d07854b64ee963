//! The budgets of a page load, as objectives.

use std::time::Duration;

use gusset_browser::{Phase, names};
use gusset_slo::{Objective, Subject};

/// The budget for the first byte of a page.
const FIRST_BYTE_BUDGET: Duration = Duration::from_millis(400);
/// The budget for the whole page.
const LOAD_BUDGET: Duration = Duration::from_millis(800);

/// Returns the budgets of a page load: 99 % of the views have their first byte within 0.4 s, and are loaded within 0.8 s.
///
/// They are computed from what browsers report, so they need [`browser`](crate::browser). The names are `name` with
/// `-first-byte` and `-load`. A page with few views needs a smaller [`Objective::min_rate`], and a sampling ratio makes
/// the views fewer.
///
/// ```
/// use gusset::slo::ServiceLevels;
///
/// # fn main() -> Result<(), gusset::ConfigError> {
/// let [first_byte, load] = gusset::page_objectives("order", "/orders/{id}");
/// let levels = ServiceLevels::builder("shop")
///     .catalogue(gusset::catalogue())
///     .objective(first_byte)
///     .objective(load.target(0.95))
///     .build()?;
/// assert_eq!(levels.objectives()[1].name(), "order-load");
/// # Ok(())
/// # }
/// ```
pub fn page_objectives(name: &str, page: &str) -> [Objective; 2] {
    let objective = |suffix: &str, phase: Phase, budget: Duration| {
        let views = Subject::histogram(&names::PHASE_DURATION);
        Objective::latency(format!("{name}-{suffix}"), views, budget)
            .label(names::PAGE, page.to_owned())
            .label(names::PHASE, phase.as_str())
    };
    [
        objective("first-byte", Phase::FirstByte, FIRST_BYTE_BUDGET)
            .description(format!("The first byte of {page} arrives within 0.4 s.")),
        objective("load", Phase::Load, LOAD_BUDGET)
            .description(format!("{page} is loaded within 0.8 s.")),
    ]
}
