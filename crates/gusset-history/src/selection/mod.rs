//! Series over a window, decompressed: what all questions are answered from.

mod distribution;
mod extract;
mod numbers;
mod series;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gusset_data::{InstrumentKind, SharedStr};

pub use self::distribution::Distribution;
pub use self::series::SelectedSeries;
use crate::Window;
use crate::selector::label_value;
use crate::store::Layout;

/// Some series of one metric over a window. Returned by [`History::select`](crate::History::select).
///
/// It is a copy, and holds no lock. Several questions about the same series need one selection, and a shorter
/// window is a part of a longer one ([`within`](Self::within)).
///
/// # What is in a window
/// The readings after its start, up to its end. The last reading before its start is where increases begin, if it
/// is at most two intervals before the first one in the window. Nothing is extrapolated: a rate is the increase
/// over the time between the first and the last of these readings.
///
/// # Several series
/// Increases, rates, distributions and last values are those of all selected series together.
/// [`series`](Self::series) has each for itself, and [`group_by`](Self::group_by) those with the same value of a label.
///
/// # Restarts, wraps and gaps
/// A counter or histogram that restarted counts from zero: everything that it shows was added. A counter that fell
/// from the last quarter below 2^32 or 2^64 to the first one has wrapped. What a series added between two readings
/// is known also if it was absent in between, or if the sampler was late. [`gaps`](Self::gaps) returns these times,
/// and [`covered`](Self::covered) the time for which there are readings.
#[derive(Clone, Debug)]
pub struct Selection {
    layout: Layout,
    kind: InstrumentKind,
    unit: SharedStr,
    window: Window,
    max_gap: Duration,
    /// The readings of the window, and the one before if increases begin there.
    readings: Arc<[Instant]>,
    /// Whether the first reading is before the window.
    has_baseline: bool,
    series: Vec<SelectedSeries>,
}

/// A time without readings. Part of [`Selection::gaps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The last reading before the gap, or the start of the window.
    pub from: Instant,
    /// The first reading after the gap, or the end of the window.
    pub to: Instant,
}

// === impl Selection ===

impl Selection {
    /// Returns the kind of the metric.
    pub fn kind(&self) -> InstrumentKind {
        self.kind
    }

    /// Returns the unit of the metric in UCUM; empty if there is none.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// Returns the window.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Returns the series, in the order of their labels. Those that are in no reading of the window are left out.
    pub fn series(&self) -> &[SelectedSeries] {
        &self.series
    }

    /// Returns whether no series was selected.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Returns the times of the readings in the window.
    pub fn readings(&self) -> &[Instant] {
        &self.readings[usize::from(self.has_baseline)..]
    }

    /// Returns the series by the value of a label. Series without the label are under the empty value.
    pub fn group_by(&self, label: &str) -> BTreeMap<SharedStr, Self> {
        let mut groups = BTreeMap::<SharedStr, Self>::new();
        for series in &self.series {
            let value = SharedStr::new(label_value(series.labels(), label));
            let group = groups.entry(value).or_insert_with(|| Self {
                layout: self.layout.clone(),
                unit: self.unit.clone(),
                readings: self.readings.clone(),
                series: Vec::new(),
                ..*self
            });
            group.series.push(series.clone());
        }
        groups
    }

    /// Returns the time between the first and the last reading, without the gaps between them.
    ///
    /// Compare it with the length of the window before an alert depends on a value: the history may be shorter than
    /// the window, or the sampler may have been late.
    pub fn covered(&self) -> Duration {
        let steps = self.readings.windows(2).map(|pair| pair[1] - pair[0]);
        steps.filter(|step| *step <= self.max_gap).sum()
    }

    /// Returns the times without readings: more than two intervals.
    pub fn gaps(&self) -> Vec<Gap> {
        let start = self.window.end.checked_sub(self.window.length);
        let first = start.or(self.readings.first().copied());
        let ends = first.into_iter().chain(self.readings.iter().copied());
        let mut ends: Vec<_> = ends.chain([self.window.end]).collect();
        // The reading before the window may be before its start.
        ends.sort_unstable();
        let pairs = ends.windows(2).map(|pair| (pair[0], pair[1]));
        pairs
            .filter(|(from, to)| *to - *from > self.max_gap)
            .map(|(from, to)| Gap { from, to })
            .collect()
    }

    /// Returns the time over which increases are: between the first and the last reading.
    fn elapsed(&self) -> Duration {
        match (self.readings.first(), self.readings.last()) {
            (Some(first), Some(last)) => *last - *first,
            _ => Duration::ZERO,
        }
    }

    /// Returns the time of the last restart of one of the series.
    pub(crate) fn last_restart(&self) -> Option<Instant> {
        let has_restarted = |at: &usize| {
            let points = self
                .series
                .iter()
                .filter_map(|it| it.points()[*at].as_ref());
            points.into_iter().any(|point| point.has_restarted)
        };
        let last = (0..self.readings.len()).rev().find(has_restarted)?;
        Some(self.readings[last])
    }
}
