//! Keeps the memory within its limit.

use std::time::Instant;

use super::{Family, Series, Store};

/// A rate needs this number of readings.
const MIN_READINGS: usize = 2;

impl Store {
    /// Drops readings until the memory suffices, and series if two readings are still too much.
    ///
    /// A sixteenth of the readings at a time: the memory of a series is a block of its own, which is not
    /// moved for each reading.
    pub(super) fn fit(&mut self) {
        loop {
            self.measure();
            let readings = self.readings.len();
            if self.totals.bytes <= self.limits.memory || readings <= MIN_READINGS {
                break;
            }
            let count = (readings / 16).clamp(1, readings - MIN_READINGS);
            self.totals.dropped_readings += count as u64;
            self.drop_readings(count);
        }
        while self.totals.bytes > self.limits.memory && self.totals.series > 0 {
            self.drop_series();
            self.measure();
        }
    }

    /// Drops half of the series of the metric that takes the most memory.
    fn drop_series(&mut self) {
        let bytes = |series: &[Series]| series.iter().map(Series::bytes).sum::<usize>();
        let families = self.families.values_mut();
        let Some(family) = families.max_by_key(|family| bytes(&family.series)) else {
            return;
        };
        let kept = family.series.len() / 2;
        self.totals.dropped_points += (family.series.len() - kept) as u64;
        family.series.truncate(kept);
        family.series.shrink_to_fit();
        family.may_be_older = true;
    }

    /// Counts the series and their bytes.
    fn measure(&mut self) {
        let (mut series, mut bytes, mut fixed) = (0, 0, 0);
        for (name, family) in &self.families {
            let of_family = Family::bytes_of_name(name);
            let spare = family.series.capacity() - family.series.len();
            let of_family = of_family + spare * size_of::<Series>();
            bytes += of_family;
            fixed += of_family;
            series += family.series.len();
            for one in &family.series {
                bytes += one.bytes();
                fixed += one.fixed_bytes();
            }
        }
        bytes += self.readings.capacity() * size_of::<Instant>();
        self.totals.series = series;
        self.totals.bytes = bytes;
        self.totals.fixed_bytes = fixed;
    }
}
