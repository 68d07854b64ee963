//! Made-up series, and what an alert does with them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::promql::{Selector, number};

/// A test of an alert with made-up series.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The time between two evaluations of the rules. The alert is expected at one of them.
    pub(crate) step: Duration,
    /// The time between two samples.
    pub(crate) interval: Duration,
    pub(crate) series: Vec<InputSeries>,
    pub(crate) eval_time: Duration,
    /// The alert that fires, or `None` if it stays quiet.
    pub(crate) fires: Option<Firing>,
}

/// A series, and its values in the notation of promtool.
#[derive(Clone, Debug)]
pub(crate) struct InputSeries {
    pub(crate) series: String,
    pub(crate) values: String,
}

/// The expected alert: its value, and the labels that come from the series.
#[derive(Clone, Debug, Default)]
pub(crate) struct Firing {
    pub(crate) value: f64,
    pub(crate) labels: BTreeMap<String, String>,
}

// === impl InputSeries ===

impl InputSeries {
    pub(crate) fn new(series: &Selector, values: impl Into<String>) -> Self {
        Self {
            series: series.to_string(),
            values: values.into(),
        }
    }
}

// === impl Firing ===

impl Firing {
    pub(crate) fn value(value: f64) -> Self {
        Self {
            value,
            labels: BTreeMap::new(),
        }
    }

    pub(crate) fn label(mut self, label: &str, value: &str) -> Self {
        self.labels.insert(label.to_owned(), value.to_owned());
        self
    }
}

/// Returns the values of a counter that grows by a number at each step, in the notation of promtool.
pub(super) fn growing(phases: impl IntoIterator<Item = (u32, f64)>) -> String {
    let mut text = "0".to_owned();
    let mut value = 0.0;
    for (steps, step) in phases.into_iter().filter(|(steps, _)| *steps > 0) {
        let (start, more) = (number(value + step), steps - 1);
        let _ = write!(text, " {start}+{}x{more}", number(step));
        value += step * f64::from(steps);
    }
    text
}

/// Returns the values of a gauge with one value after another, in the notation of promtool.
pub(super) fn constant(phases: impl IntoIterator<Item = (u32, f64)>) -> String {
    let mut text = String::new();
    for (steps, value) in phases.into_iter().filter(|(steps, _)| *steps > 0) {
        let before = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{before}{}x{}", number(value), steps - 1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_go_on_between_phases() {
        assert_eq!(growing([(5, 2.0), (3, 0.5)]), "0 2+2x4 10.5+0.5x2");
    }

    #[test]
    fn gauges_repeat_their_values() {
        assert_eq!(constant([(1, 2.0), (3, 0.5)]), "2x0 0.5x2");
    }
}
