//! Copies series out of the store.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gusset_data::InstrumentKind;

use super::series::{AddedValues, Point, SelectedSeries};
use super::{Distribution, Selection};
use crate::store::ring::{Change, Step, wrap_of};
use crate::store::state::State;
use crate::store::{Layout, Series, Store};
use crate::{Selector, Window};

impl Selection {
    /// Copies the selected series, or returns `None` if the metric has none.
    pub(crate) fn extract(store: &Store, selector: &Selector, window: Window) -> Option<Self> {
        let family = store.family(selector.metric())?;
        let (readings, first) = store.readings();
        let (contiguous, has_baseline) = part_of(readings, window, store.max_gap());
        let start = u32::try_from(contiguous.start).ok()?;
        let numbers = first + start..first + u32::try_from(contiguous.end).ok()?;
        let readings: Arc<[Instant]> = readings.range(contiguous).copied().collect();
        let selected = family.series.iter();
        let selected = selected.filter(|series| selector.matches(&series.labels));
        let series = selected.filter_map(|series| {
            let points = points(&family.layout, series, numbers.clone());
            let is_there = points
                .iter()
                .skip(usize::from(has_baseline))
                .any(Option::is_some);
            let labels = series.labels.clone();
            is_there.then(|| SelectedSeries::new(family.layout.kind(), labels, points))
        });
        let series: Vec<_> = series.collect();
        (!series.is_empty()).then(|| Self {
            layout: family.layout.clone(),
            kind: family.layout.kind(),
            unit: family.unit.clone(),
            window,
            max_gap: store.max_gap(),
            readings,
            has_baseline,
            series,
        })
    }

    /// Returns the part in a shorter window.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use gusset_history::{Selection, Window};
    /// # fn f(hour: &Selection) {
    /// let end = hour.window().end();
    /// let last_minute = hour.within(Window::new(end, Duration::from_secs(60)));
    /// # }
    /// ```
    #[must_use]
    pub fn within(&self, window: Window) -> Self {
        let (range, has_baseline) = part_of(&*self.readings, window, self.max_gap);
        let series = self.series.iter();
        Self {
            layout: self.layout.clone(),
            unit: self.unit.clone(),
            window,
            readings: self.readings[range.clone()].into(),
            has_baseline,
            series: series
                .filter_map(|series| series.part(range.clone(), has_baseline))
                .collect(),
            ..*self
        }
    }

    /// Returns the values that were added in the window, or `None` if the metric is not a histogram.
    pub fn distribution(&self) -> Option<Distribution> {
        let mut distribution = Distribution::new(&self.layout)?;
        for series in &self.series {
            series.add_to(&mut distribution);
        }
        Some(distribution)
    }
}

/// Returns the readings of a window, with the one before it if increases begin there.
fn part_of<'a, R>(readings: &'a R, window: Window, max_gap: Duration) -> (Range<usize>, bool)
where
    R: ?Sized,
    &'a R: IntoIterator<Item = &'a Instant>,
{
    let is_before = |at: &&Instant| !window.is_after_start(**at);
    let is_until_end = |at: &&Instant| **at <= window.end();
    let start = readings.into_iter().take_while(is_before).count();
    let end = readings
        .into_iter()
        .take_while(is_until_end)
        .count()
        .max(start);
    let mut around = readings.into_iter().skip(start.saturating_sub(1));
    let before = around.next().filter(|_| start > 0);
    let first = around.next().filter(|_| start < end);
    let has_baseline =
        matches!((before, first), (Some(before), Some(first)) if *first - *before <= max_gap);
    (start - usize::from(has_baseline)..end, has_baseline)
}

/// Decompresses the readings with these numbers.
fn points(layout: &Layout, series: &Series, numbers: Range<u32>) -> Vec<Option<Point>> {
    let ring = &series.ring;
    let mut points = Vec::with_capacity(numbers.len());
    // The readings before the series began.
    let before = ring.first().clamp(numbers.start, numbers.end) - numbers.start;
    points.resize_with(before as usize, || None);
    let mut decoder = ring.decode();
    if numbers.contains(&ring.first()) {
        let is_there = ring.has_oldest();
        points.push(is_there.then(|| Point::first(layout, decoder.state(), ring.begins_at_zero())));
    }
    for number in ring.first() + 1..numbers.end {
        let Some(step) = decoder.next() else {
            break;
        };
        if number >= numbers.start {
            points.push(Point::after(layout, step, decoder.state()));
        }
    }
    points
}

// === impl Point ===

impl Point {
    /// Returns the oldest point, which has added everything if the series began with it.
    fn first(layout: &Layout, state: &State, begins_at_zero: bool) -> Self {
        match begins_at_zero {
            true => Self::changed(
                layout,
                state,
                Change {
                    has_restarted: false,
                    before: 0.0,
                    added: state.counts.clone(),
                },
            ),
            false => Self::unchanged(layout, state),
        }
    }

    /// Returns the point after a step, given the state after it.
    fn after(layout: &Layout, step: Step, state: &State) -> Option<Self> {
        match step {
            Step::Absent => None,
            Step::Same => Some(Self::unchanged(layout, state)),
            Step::Changed(change) => Some(Self::changed(layout, state, change)),
        }
    }

    fn unchanged(layout: &Layout, state: &State) -> Self {
        Self {
            value: match layout {
                Layout::Number(_) => state.number,
                _ => total(&state.counts),
            },
            total: state.number,
            added: 0.0,
            has_restarted: false,
            distribution: None,
        }
    }

    fn changed(layout: &Layout, state: &State, change: Change) -> Self {
        let Change {
            has_restarted,
            before,
            added,
        } = change;
        let mut point = Self {
            has_restarted,
            ..Self::unchanged(layout, state)
        };
        match layout {
            Layout::Number(InstrumentKind::Counter) => {
                // A restart has no number before it, so this counter has wrapped.
                let wrapped = if state.number < before {
                    wrap_of(before, state.number)
                } else {
                    None
                };
                point.added = state.number - before + wrapped.unwrap_or(0.0);
            }
            Layout::Number(_) => {}
            _ => {
                point.added = total(&added);
                point.distribution = Some(Box::new(AddedValues {
                    scale: state.scale,
                    counts: added,
                    sum: state.number - before,
                }));
            }
        }
        point
    }
}

/// Returns the number of all values.
#[expect(clippy::cast_precision_loss, reason = "2^53 values take centuries")]
fn total(counts: &[(i64, u64)]) -> f64 {
    counts.iter().map(|(_, count)| *count).sum::<u64>() as f64
}
