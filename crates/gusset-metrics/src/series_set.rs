//! The series of calls, up to the cardinality limit.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use gusset_core::Table;
use gusset_data::semconv::OTEL_METRIC_OVERFLOW;
use metrics::Counter;

use crate::SharedRecorder;
use crate::intern::InternedId;
use crate::key::SeriesKey;
use crate::names::OVERFLOW_CALLS;
use crate::registered::registered;

/// The handles, of type `S`, of every series up to a limit.
///
/// All calls over the limit share one overflow series. They are counted, and the first one is logged
/// as a warning.
#[derive(Debug)]
pub(crate) struct SeriesSet<S> {
    table: Table<u128, S>,
    overflow: S,
    limit: usize,
    overflow_calls: OnceLock<Counter>,
    warned: AtomicBool,
}

/// The series in which a call is recorded.
pub(crate) enum Lookup<'a, S> {
    /// The series of the call's own key.
    Own(&'a S),
    /// The overflow series.
    Overflow(&'a S),
}

// === impl SeriesSet ===

impl<S: Default> SeriesSet<S> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            table: Table::new(limit),
            overflow: S::default(),
            limit,
            overflow_calls: OnceLock::new(),
            warned: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(crate) fn find(&self, key: SeriesKey) -> Option<&S> {
        self.table.get(&key.pack())
    }

    /// Returns the series of a key, and adds it unless the limit was reached.
    #[cold]
    pub(crate) fn add(&self, key: SeriesKey) -> Lookup<'_, S> {
        let overflows = key.name == InternedId::OVERFLOW || key.peer == InternedId::OVERFLOW;
        if !overflows && !self.table.is_full() {
            if let Some(series) = self.table.insert(key.pack(), |_| S::default()) {
                return Lookup::Own(series);
            }
        }
        Lookup::Overflow(&self.overflow)
    }

    /// Counts a call that is recorded in the overflow series.
    pub(crate) fn count_overflow(&self, recorder: &SharedRecorder) {
        let cell = &self.overflow_calls;
        let register = || OVERFLOW_CALLS.counter(recorder, Vec::new());
        let counter = cell.get().unwrap_or_else(|| registered(cell, register));
        counter.increment(1);
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: crate::TARGET,
                {
                    gusset.metric.limit = self.limit,
                },
                "cardinality limit reached: calls with new routes, methods or labels are recorded in \
                 one series with {OTEL_METRIC_OVERFLOW}=\"true\"; raise `cardinality_limit` or use \
                 fewer label values",
            );
        }
    }
}
