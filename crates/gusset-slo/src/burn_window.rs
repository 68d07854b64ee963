//! The windows over which an error budget must not burn too fast.
//!
//! They and their factors are those of the SRE workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts", for an
//! objective over 30 days; Sloth and Pyrra use the same. Other objectives have windows in proportion.

use std::time::Duration;

use crate::{AlertSeverity, Objective};

const DAYS_OF_WORKBOOK: u64 = 30;
const SECONDS_PER_DAY: u64 = 86_400;

/// A pair of windows. The burn rate has to be above the factor in both: the long one shows that it matters,
/// the short one that it goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BurnWindow {
    pub(crate) severity: AlertSeverity,
    pub(crate) short: Duration,
    pub(crate) long: Duration,
    pub(crate) factor: f64,
}

/// The four pairs for an objective over 30 days, with their windows in minutes.
const WINDOWS: [BurnWindow; 4] = [
    minutes(AlertSeverity::Critical, 5, 60, 14.4),
    minutes(AlertSeverity::Critical, 30, 6 * 60, 6.0),
    minutes(AlertSeverity::Warning, 2 * 60, 24 * 60, 3.0),
    minutes(AlertSeverity::Warning, 6 * 60, 3 * 24 * 60, 1.0),
];

const fn minutes(severity: AlertSeverity, short: u64, long: u64, factor: f64) -> BurnWindow {
    BurnWindow {
        severity,
        short: Duration::from_secs(short * 60),
        long: Duration::from_secs(long * 60),
        factor,
    }
}

// === impl Objective ===

impl Objective {
    /// Returns the pairs of a severity, in proportion to the objective's window. A pair that cannot fire is left out:
    /// with a target of 90 %, not even an outage burns 14.4 times the budget.
    pub(crate) fn burn_windows(&self, severity: AlertSeverity) -> Vec<BurnWindow> {
        let budget = self.error_budget();
        let of_severity = WINDOWS
            .into_iter()
            .filter(|window| window.severity == severity && window.factor * budget < 1.0);
        of_severity
            .map(|window| BurnWindow {
                short: self.in_proportion(window.short),
                long: self.in_proportion(window.long),
                ..window
            })
            .collect()
    }

    /// Returns the shortest of all windows.
    pub(crate) fn shortest_window(&self) -> Duration {
        self.in_proportion(WINDOWS[0].short)
    }

    fn in_proportion(&self, window: Duration) -> Duration {
        let days = self.window().as_secs() / SECONDS_PER_DAY;
        Duration::from_secs(window.as_secs() * days / DAYS_OF_WORKBOOK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Subject;

    #[test]
    fn windows_are_in_proportion_to_the_objective() {
        let objective = |days| Objective::availability("x", Subject::service()).window_days(days);
        let minutes = |days| {
            let windows = objective(days).burn_windows(AlertSeverity::Critical);
            let [first, _] = windows[..] else {
                panic!("not two windows")
            };
            [first.short, first.long].map(|it| it.as_secs_f64() / 60.0)
        };
        assert_eq!(minutes(30), [5.0, 60.0]);
        assert_eq!(minutes(60), [10.0, 120.0]);
        assert_eq!(minutes(3), [0.5, 6.0]);
    }
}
