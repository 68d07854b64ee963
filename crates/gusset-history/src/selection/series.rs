//! One series over a window.

use std::ops::Range;

use gusset_data::{InstrumentKind, Labels};

use super::Distribution;
use crate::selector::label_value;
use crate::store::state::Counts;

/// One series of a [`Selection`](super::Selection).
#[derive(Clone, Debug)]
pub struct SelectedSeries {
    kind: InstrumentKind,
    labels: Labels,
    /// One for each reading, `None` where the series was absent.
    points: Vec<Option<Point>>,
}

/// A series at one reading.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// The number, or the number of values of a histogram.
    pub(super) value: f64,
    /// The sum of the values of a histogram, or the number.
    pub(super) total: f64,
    /// What was added to a counter or a histogram since the series was last there. 0 if that is not known.
    pub(super) added: f64,
    /// Whether the series began anew.
    pub(super) has_restarted: bool,
    /// What was added to a histogram. `None` if nothing was.
    pub(super) distribution: Option<Box<AddedValues>>,
}

/// The values that were added to a histogram.
#[derive(Clone, Debug)]
pub(super) struct AddedValues {
    pub(super) scale: i32,
    pub(super) counts: Counts,
    pub(super) sum: f64,
}

// === impl SelectedSeries ===

impl SelectedSeries {
    /// Creates a series. What its first reading added is forgotten, because it belongs to the time before.
    pub(super) fn new(
        kind: InstrumentKind,
        labels: Labels,
        mut points: Vec<Option<Point>>,
    ) -> Self {
        if let Some(Some(first)) = points.first_mut() {
            first.added = 0.0;
            first.has_restarted = false;
            first.distribution = None;
        }
        Self {
            kind,
            labels,
            points,
        }
    }

    /// Returns the labels, sorted by key.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Returns the value of a label; empty if the series does not have it.
    pub fn label(&self, label: &str) -> &str {
        label_value(&self.labels, label)
    }

    /// Returns the value at the last reading of the window, or `None` if the series was absent then. Of a histogram
    /// it is the number of its values.
    pub fn last(&self) -> Option<f64> {
        self.points.last()?.as_ref().map(|point| point.value)
    }

    /// Returns what was added in the window: to a counter, or the number of values of a histogram. `None` for other
    /// kinds, and if there are less than two readings.
    pub fn increase(&self) -> Option<f64> {
        let is_sum = matches!(
            self.kind,
            InstrumentKind::Counter | InstrumentKind::Histogram
        );
        let added = self.points.iter().flatten().map(|point| point.added);
        (is_sum && self.points.len() > 1).then(|| added.sum())
    }

    /// Returns the readings of the window in which the series was absent, after it was there for the first time.
    pub fn gaps(&self) -> usize {
        let begun = self.points.iter().skip_while(|point| point.is_none());
        begun.filter(|point| point.is_none()).count()
    }

    /// Returns how often the series began anew in the window.
    pub fn restarts(&self) -> usize {
        let restarts = self.points.iter().flatten();
        restarts.filter(|point| point.has_restarted).count()
    }

    pub(super) fn points(&self) -> &[Option<Point>] {
        &self.points
    }

    /// Returns a part of the readings, or `None` if the series is in none of them that is in the window.
    pub(super) fn part(&self, readings: Range<usize>, has_baseline: bool) -> Option<Self> {
        let points = self.points[readings].to_vec();
        let mut in_window = points.iter().skip(usize::from(has_baseline));
        in_window
            .any(Option::is_some)
            .then(|| Self::new(self.kind, self.labels.clone(), points))
    }

    /// Adds the values of the window to a distribution.
    pub(super) fn add_to(&self, distribution: &mut Distribution) {
        let added = self.points.iter().flatten();
        for values in added.filter_map(|point| point.distribution.as_ref()) {
            distribution.add(values.scale, &values.counts, values.sum);
        }
    }
}
