//! Answers that are one number, and those that are one number for each reading.

use std::time::Instant;

use gusset_data::InstrumentKind;

use super::{SelectedSeries, Selection};
use crate::trend::Trend;

impl Selection {
    /// Returns what was added to all series in the window: to counters, or the number of values of histograms.
    ///
    /// `None` for other kinds, and with less than two readings.
    pub fn increase(&self) -> Option<f64> {
        let increases = self.series.iter().map(SelectedSeries::increase);
        increases.sum()
    }

    /// Returns the increase per second, over the time between the first and the last reading.
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.elapsed().as_secs_f64();
        self.increase()
            .filter(|_| seconds > 0.0)
            .map(|increase| increase / seconds)
    }

    /// Returns the sum of the values at the last reading, or `None` if all series were absent then. Of histograms it
    /// is the number of values.
    pub fn last(&self) -> Option<f64> {
        self.sum_at(self.readings.len().checked_sub(1)?)
    }

    /// Returns the sum of all values of histograms since their start, at the last reading. Of other kinds it is
    /// [`last`](Self::last). `None` if it is not known.
    pub fn total_sum(&self) -> Option<f64> {
        let points = self
            .series
            .iter()
            .filter_map(|it| it.points().last()?.as_ref());
        let sum = points.fold(None, |sum, point| Some(sum.unwrap_or(0.0) + point.total));
        sum.filter(|sum: &f64| !sum.is_nan())
    }

    /// Returns the mean: of the values of histograms that were added, or of the sums of the other kinds at the
    /// readings. `None` for counters, and without a value.
    pub fn mean(&self) -> Option<f64> {
        match self.kind {
            InstrumentKind::Counter => None,
            InstrumentKind::Histogram => self.distribution()?.mean(),
            _ => {
                let values = self.sums();
                let (count, sum) =
                    values.fold((0.0, 0.0), |(n, sum), value| (n + 1.0, sum + value));
                (count > 0.0).then(|| sum / count)
            }
        }
    }

    /// Returns the greatest sum of the values at one reading.
    pub fn max(&self) -> Option<f64> {
        self.sums().reduce(f64::max)
    }

    /// Returns the least sum of the values at one reading.
    pub fn min(&self) -> Option<f64> {
        self.sums().reduce(f64::min)
    }

    /// Returns an estimate of a quantile of the values that were added to histograms; see
    /// [`Distribution::quantile`](super::Distribution::quantile).
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.distribution()?.quantile(q)
    }

    /// Returns the sum of the values at each reading of the window. `None` is a reading in which all series were
    /// absent.
    pub fn values(&self) -> Vec<(Instant, Option<f64>)> {
        let readings = self.indices();
        readings
            .map(|at| (self.readings[at], self.sum_at(at)))
            .collect()
    }

    /// Returns the increase per second at each reading of the window, since the reading before it. `None` is a
    /// reading without one before it, or after a gap.
    pub fn rates(&self) -> Vec<(Instant, Option<f64>)> {
        let rate = |at: usize| {
            let step = self.readings[at] - *self.readings.get(at.checked_sub(1)?)?;
            let points = self.series.iter().filter_map(|it| it.points()[at].as_ref());
            let added: f64 = points.map(|point| point.added).sum();
            (step <= self.max_gap).then(|| added / step.as_secs_f64())
        };
        let readings = self.indices();
        readings.map(|at| (self.readings[at], rate(at))).collect()
    }

    /// Returns the straight line that fits the sums of the values best, or `None` with less than three readings.
    pub fn trend(&self) -> Option<Trend> {
        let values = self.values().into_iter();
        Trend::fit(values.filter_map(|(at, value)| Some((at, value?))))
    }

    /// Returns the readings of the window.
    fn indices(&self) -> std::ops::Range<usize> {
        usize::from(self.has_baseline)..self.readings.len()
    }

    fn sums(&self) -> impl Iterator<Item = f64> {
        self.indices().filter_map(|at| self.sum_at(at))
    }

    fn sum_at(&self, at: usize) -> Option<f64> {
        let values = self.series.iter().filter_map(|series| {
            let point = series.points().get(at)?.as_ref();
            point.map(|point| point.value)
        });
        values.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
    }
}
