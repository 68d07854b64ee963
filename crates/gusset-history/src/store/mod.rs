//! All readings, in bounded memory.

mod budget;
mod family;
pub(crate) mod ring;
pub(crate) mod state;
mod token;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use gusset_data::{Metric, SharedStr};

use self::family::point_count;
pub(crate) use self::family::{Family, Layout, Series};

/// The limits of a store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) memory: usize,
    pub(crate) retention: Duration,
    pub(crate) interval: Duration,
}

/// All readings of all series. A time is an argument of everything that depends on it.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) limits: Limits,
    /// The times of the readings, the oldest first.
    readings: VecDeque<Instant>,
    /// The number of the oldest reading.
    first: u32,
    families: BTreeMap<SharedStr, Family>,
    /// Some metrics did not fit into the memory. Another one may have begun long before it fits.
    is_incomplete: bool,
    pub(crate) totals: Totals,
    /// Memory that is used again.
    buffers: Buffers,
}

/// What a store has done, and what it has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) readings: u64,
    /// Readings that were more than two intervals after the one before.
    pub(crate) late_readings: u64,
    /// Readings that were dropped before their time, because of the memory.
    pub(crate) dropped_readings: u64,
    /// Data points of series that did not fit into the memory.
    pub(crate) dropped_points: u64,
    pub(crate) series: usize,
    pub(crate) bytes: usize,
    /// The bytes that do not depend on the number of readings.
    pub(crate) fixed_bytes: usize,
}

/// Memory that every point of a reading uses.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    counts: Vec<(i64, u64)>,
    token: Vec<u8>,
}

// === impl Store ===

impl Store {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            readings: VecDeque::new(),
            first: 0,
            families: BTreeMap::new(),
            is_incomplete: false,
            totals: Totals::default(),
            buffers: Buffers::default(),
        }
    }

    /// Adds a reading, and drops what is too old or too much. A time that is not after the last one changes nothing.
    pub(crate) fn record(&mut self, now: Instant, metrics: Vec<Metric>) {
        if let Some(last) = self.readings.back() {
            if now <= *last {
                return;
            }
            let is_late = now - *last > self.max_gap();
            self.totals.late_readings += u64::from(is_late);
        }
        self.totals.readings += 1;
        let number = self.next();
        self.readings.push_back(now);
        for metric in metrics {
            self.add(number, metric);
        }
        for family in self.families.values_mut() {
            family.add_absent(number);
        }
        self.drop_old(now);
        self.fit();
    }

    /// Returns the greatest time between two readings that is not a gap: two intervals.
    pub(crate) fn max_gap(&self) -> Duration {
        2 * self.limits.interval
    }

    /// Returns the number of the next reading.
    fn next(&self) -> u32 {
        let length = u32::try_from(self.readings.len()).unwrap_or(u32::MAX);
        self.first.saturating_add(length)
    }

    fn add(&mut self, number: u32, metric: Metric) {
        let Metric {
            name, unit, data, ..
        } = metric;
        let Some(layout) = Layout::new(&data) else {
            return;
        };
        let mut free = (self.limits.memory / 2).saturating_sub(self.totals.fixed_bytes);
        let free_before = free;
        let family = match self.families.entry(name) {
            Entry::Occupied(family) => family.into_mut(),
            Entry::Vacant(vacant) => {
                let Some(left) = free.checked_sub(Family::bytes_of_name(vacant.key())) else {
                    self.is_incomplete = true;
                    self.totals.dropped_points += point_count(&data);
                    return;
                };
                free = left;
                // What is new in the first reading may have begun long before.
                let may_be_older = self.is_incomplete || number == 0;
                vacant.insert(Family::new(layout.clone(), unit, may_be_older))
            }
        };
        if family.layout != layout {
            // Readings of another kind cannot be compared with these.
            *family = Family::new(layout, family.unit.clone(), true);
        }
        let dropped = family.add(number, data, &mut free, &mut self.buffers);
        self.totals.dropped_points += dropped;
        self.totals.fixed_bytes += free_before - free;
    }

    /// Drops the readings before the retention, except for one: the increase since then needs it.
    fn drop_old(&mut self, now: Instant) {
        let is_old = |at: &Instant| now.duration_since(*at) >= self.limits.retention;
        let old = self.readings.iter().take_while(|at| is_old(at)).count();
        self.drop_readings(old.saturating_sub(1));
    }

    /// Drops the oldest readings, and the series that are in none of the others.
    fn drop_readings(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        self.readings.drain(..count);
        self.first += u32::try_from(count).unwrap_or(u32::MAX);
        for family in self.families.values_mut() {
            family.drop_before(self.first);
        }
        self.families
            .retain(|_, family| !family.series.is_empty() || family.may_be_older);
    }

    /// Returns the times of the readings, and the number of the first.
    pub(crate) fn readings(&self) -> (&VecDeque<Instant>, u32) {
        (&self.readings, self.first)
    }

    pub(crate) fn family(&self, name: &str) -> Option<&Family> {
        self.families.get(name)
    }

    pub(crate) fn families(&self) -> impl Iterator<Item = (&SharedStr, &Family)> {
        self.families.iter()
    }
}
