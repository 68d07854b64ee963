//! All series of one metric.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use gusset_data::{InstrumentKind, Labels, MetricData, SharedStr};

use super::Buffers;
use super::ring::{Monotony, Ring};
use super::state::NewState;

/// All series of one metric.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) layout: Layout,
    pub(crate) unit: SharedStr,
    /// Sorted by their labels.
    pub(crate) series: Vec<Series>,
    /// A series that is new may have begun long before: the last reading was the first one, or not all of its series
    /// fitted into the memory.
    pub(super) may_be_older: bool,
}

/// What all series of a metric have in common.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Layout {
    Number(InstrumentKind),
    /// The upper bounds of the buckets.
    Histogram(Arc<[f64]>),
    ExponentialHistogram,
}

/// The readings of one series.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    /// The start of the series, in nanoseconds since 1970.
    start: u64,
    pub(crate) ring: Ring,
    /// Whether the producer has forgotten the labels, so that their memory counts.
    owns_labels: bool,
}

/// The greatest number of buckets of an explicit histogram; more is not a histogram of this project.
const MAX_BUCKETS: usize = 10_000;

// === impl Layout ===

impl Layout {
    pub(crate) fn new(data: &MetricData) -> Option<Self> {
        Some(match data {
            MetricData::Counter(_) => Self::Number(InstrumentKind::Counter),
            MetricData::UpDownCounter(_) => Self::Number(InstrumentKind::UpDownCounter),
            MetricData::Gauge(_) => Self::Number(InstrumentKind::Gauge),
            MetricData::Histogram(points) => {
                let bounds = &points.first()?.bounds;
                (bounds.len() < MAX_BUCKETS).then(|| Self::Histogram(bounds.clone()))?
            }
            MetricData::ExponentialHistogram(_) => Self::ExponentialHistogram,
            _ => return None,
        })
    }

    /// Returns the kind of the metric.
    pub(crate) fn kind(&self) -> InstrumentKind {
        match self {
            Self::Number(kind) => *kind,
            Self::Histogram(_) | Self::ExponentialHistogram => InstrumentKind::Histogram,
        }
    }

    fn monotony(&self) -> Monotony {
        match self.kind() {
            InstrumentKind::Counter | InstrumentKind::Histogram => Monotony::Grows,
            _ => Monotony::None,
        }
    }
}

// === impl Family ===

impl Family {
    pub(super) fn new(layout: Layout, unit: SharedStr, may_be_older: bool) -> Self {
        Self {
            layout,
            unit,
            series: Vec::new(),
            may_be_older,
        }
    }

    /// Returns the bytes of a family with this name and without series.
    pub(super) fn bytes_of_name(name: &SharedStr) -> usize {
        size_of::<Self>() + size_of_val(name) + heap_bytes(name)
    }

    /// Adds the points of a reading. Returns the number of points that were dropped.
    ///
    /// `free` is the memory that new series may take.
    pub(super) fn add(
        &mut self,
        number: u32,
        data: MetricData,
        free: &mut usize,
        buffers: &mut Buffers,
    ) -> u64 {
        let mut adder = Adder {
            number,
            free,
            cursor: 0,
            dropped: 0,
            token: &mut buffers.token,
        };
        match data {
            MetricData::Counter(points)
            | MetricData::UpDownCounter(points)
            | MetricData::Gauge(points) => {
                for point in points {
                    // A number that is none is a gap.
                    if !point.value.is_nan() {
                        let state = NewState::from_number(point.value);
                        adder.add(self, point.labels, point.start, state);
                    }
                }
            }
            MetricData::Histogram(points) => {
                for point in points {
                    let is_same = matches!(&self.layout, Layout::Histogram(bounds) if *bounds == point.bounds);
                    if !is_same {
                        adder.dropped += 1;
                        continue;
                    }
                    let state = NewState::from_histogram(&point, &mut buffers.counts);
                    adder.add(self, point.labels, point.start, state);
                }
            }
            MetricData::ExponentialHistogram(points) => {
                for point in points {
                    let state = NewState::from_exponential(&point, &mut buffers.counts);
                    adder.add(self, point.labels, point.start, state);
                }
            }
            _ => {}
        }
        let dropped = adder.dropped;
        self.may_be_older = dropped > 0;
        dropped
    }

    /// Adds a gap to each series that is not in a reading.
    pub(super) fn add_absent(&mut self, number: u32) {
        for series in &mut self.series {
            if series.ring.next() == number {
                series.ring.push_absent();
                series.owns_labels = Arc::strong_count(&series.labels) == 1;
            }
        }
    }

    pub(super) fn drop_before(&mut self, number: u32) {
        self.series.retain_mut(|series| {
            series.ring.drop_before(number);
            !series.ring.is_absent()
        });
        if self.series.len() < self.series.capacity() / 2 {
            self.series.shrink_to_fit();
        }
    }
}

/// Adds the points of one reading to a family.
struct Adder<'a> {
    number: u32,
    free: &'a mut usize,
    /// Where the next series is expected: a producer returns its series in the same order each time.
    cursor: usize,
    dropped: u64,
    token: &'a mut Vec<u8>,
}

// === impl Adder ===

impl Adder<'_> {
    fn add(&mut self, family: &mut Family, labels: Labels, start: SystemTime, state: NewState<'_>) {
        let start = start.duration_since(UNIX_EPOCH).unwrap_or_default();
        let start = u64::try_from(start.as_nanos()).unwrap_or(u64::MAX);
        match self.find(&family.series, &labels) {
            Ok(at) => {
                self.cursor = at + 1;
                let monotony = family.layout.monotony();
                let series = &mut family.series[at];
                // Of two points with the same labels the first is kept.
                if series.ring.next() == self.number {
                    let has_new_start = series.start != start;
                    series.start = start;
                    series.ring.push(state, monotony, has_new_start, self.token);
                }
            }
            Err(at) => {
                let begins_at_zero = !family.may_be_older;
                let owns_labels = Arc::strong_count(&labels) == 1;
                let series = Series {
                    labels,
                    start,
                    ring: Ring::new(self.number, state, begins_at_zero),
                    owns_labels,
                };
                let Some(left) = self.free.checked_sub(series.fixed_bytes()) else {
                    self.dropped += 1;
                    return;
                };
                *self.free = left;
                family.series.insert(at, series);
                self.cursor = at + 1;
            }
        }
    }

    /// Returns where the series is, or where it belongs.
    fn find(&self, series: &[Series], labels: &Labels) -> Result<usize, usize> {
        match series.get(self.cursor) {
            // Labels of one producer are the same memory, which is compared first.
            Some(next) if next.labels == *labels => Ok(self.cursor),
            _ => series.binary_search_by(|it| it.labels.cmp(labels)),
        }
    }
}

// === impl Series ===

impl Series {
    /// Returns the bytes that do not depend on the number of readings.
    pub(super) fn fixed_bytes(&self) -> usize {
        let labels = match self.owns_labels {
            true => label_bytes(&self.labels),
            false => 0,
        };
        size_of::<Self>() + labels
    }

    /// Returns all bytes.
    pub(super) fn bytes(&self) -> usize {
        self.fixed_bytes() + self.ring.heap_bytes()
    }
}

/// Returns the bytes of labels: pairs, and the strings that are not stored in place.
fn label_bytes(labels: &Labels) -> usize {
    let strings = labels.iter();
    let strings = strings.map(|(key, value)| heap_bytes(key) + heap_bytes(value));
    size_of_val(&**labels) + strings.sum::<usize>()
}

/// Returns the bytes of a string that is not stored in place.
fn heap_bytes(text: &SharedStr) -> usize {
    if text.len() > 23 { text.len() } else { 0 }
}

/// Returns the number of series in a reading.
pub(super) fn point_count(data: &MetricData) -> u64 {
    let count = match data {
        MetricData::Counter(points)
        | MetricData::UpDownCounter(points)
        | MetricData::Gauge(points) => points.len(),
        MetricData::Histogram(points) => points.len(),
        MetricData::ExponentialHistogram(points) => points.len(),
        _ => 0,
    };
    count as u64
}
