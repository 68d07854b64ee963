//! The values of objectives and ranges, from the history.

use std::time::{Duration, Instant};

use gusset_data::MetricDescriptor;
use gusset_history::{History, Selector, Window};

use crate::burn_window::BurnWindow;
use crate::sli::{BAD_OUTCOMES, EXCLUDED_OUTCOME};
use crate::{Aggregate, AlertSeverity, Indicator, NormalRange, Objective};

/// Reads the burn rate of an objective.
pub(super) struct BurnReader {
    indicator: Indicator,
    part: Selector,
    total: Selector,
    windows: Vec<BurnWindow>,
    budget: f64,
    min_rate: f64,
}

/// Reads the aggregate of a range.
pub(super) struct RangeReader {
    selector: Selector,
    aggregate: Aggregate,
    window: Duration,
    min_samples: f64,
}

/// Bad calls and all calls.
struct Calls {
    bad: f64,
    all: f64,
}

// === impl BurnReader ===

impl BurnReader {
    pub(super) fn new(objective: &Objective) -> Self {
        let selector = Selector::new(objective.metric().name);
        let labels = objective.all_labels().into_iter();
        let selector = labels.fold(selector, |it, (label, value)| it.label(label, value));
        let outcome = "gusset.outcome";
        let (part, total) = match objective.indicator() {
            Indicator::Availability => (
                selector
                    .clone()
                    .label_in(outcome, BAD_OUTCOMES.iter().copied()),
                selector.label_not(outcome, EXCLUDED_OUTCOME),
            ),
            Indicator::Latency(_) => (selector.clone(), selector),
        };
        Self {
            indicator: objective.indicator(),
            part,
            total,
            windows: objective.burn_windows(AlertSeverity::Critical),
            budget: objective.error_budget(),
            min_rate: objective.min_calls_per_second(),
        }
    }

    /// Returns the part of bad calls over the shortest window, and whether the budget burns so fast that it pages:
    /// the same condition as that of the alert, for windows that the history has.
    pub(super) fn read(&self, history: &History, now: Instant) -> (Option<f64>, Option<bool>) {
        let kept = history.retention();
        let fits = |window: &&BurnWindow| window.long <= kept;
        let has_any = self.windows.iter().any(|window| fits(&window));
        let windows = self.windows.iter().filter(|it| !has_any || fits(it));
        let mut value = None;
        let mut burns = None;
        for window in windows {
            let short = self.calls(history, now, window.short);
            let length = window.long.min(kept);
            let long = self.calls(history, now, length);
            value = value.or(short.as_ref().and_then(Calls::bad_ratio));
            let Some((short, long)) = short.zip(long) else {
                continue;
            };
            if long.all / length.as_secs_f64() < self.min_rate {
                continue;
            }
            let threshold = window.factor * self.budget;
            let is_above = |calls: &Calls| calls.bad_ratio().is_some_and(|it| it > threshold);
            let burns_here = is_above(&short) && is_above(&long);
            burns = Some(burns.unwrap_or(false) || burns_here);
        }
        (value, burns)
    }

    fn calls(&self, history: &History, now: Instant, window: Duration) -> Option<Calls> {
        let window = Window::new(now, window);
        let total = history.select(&self.total, window)?;
        match self.indicator {
            Indicator::Availability => {
                let bad = history.select(&self.part, window);
                Some(Calls {
                    // Without a failure there may be no series of failures.
                    bad: bad.and_then(|bad| bad.increase()).unwrap_or(0.0),
                    all: total.increase()?,
                })
            }
            Indicator::Latency(threshold) => {
                let durations = total.distribution()?;
                let all = durations.count();
                Some(Calls {
                    bad: all - durations.at_most(threshold.as_secs_f64()),
                    all,
                })
            }
        }
    }
}

// === impl Calls ===

impl Calls {
    fn bad_ratio(&self) -> Option<f64> {
        (self.all > 0.0).then(|| self.bad / self.all)
    }
}

// === impl RangeReader ===

impl RangeReader {
    pub(super) fn new(range: &NormalRange, metric: &MetricDescriptor) -> Self {
        let selector = Selector::new(metric.name);
        let labels = range.labels().iter().cloned();
        Self {
            selector: labels.fold(selector, |it, (label, value)| it.label(label, value)),
            aggregate: range.aggregate_of(metric),
            window: range.window_time(),
            min_samples: f64::from(range.required_samples()),
        }
    }

    pub(super) fn read(&self, history: &History, now: Instant) -> Option<f64> {
        let series = history.select(&self.selector, Window::new(now, self.window))?;
        if series.is_empty() {
            return None;
        }
        match self.aggregate {
            Aggregate::Last => series.last(),
            Aggregate::Rate => series.rate(),
            Aggregate::Mean | Aggregate::Quantile(_) => {
                let values = series.distribution()?;
                if values.count() < self.min_samples {
                    return None;
                }
                match self.aggregate {
                    Aggregate::Quantile(quantile) => values.quantile(quantile),
                    _ => values.mean(),
                }
            }
        }
    }
}
