//! The series of calls: one look-up, all handles.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use metrics::Counter;

use crate::SharedRecorder;
use crate::instruments;
use crate::intern::NameId;
use crate::key::SeriesKey;
use crate::names;
use crate::table::Table;

/// The handles of every series, of type `S`, up to a limit; the calls of all others share one, which
/// is counted and said once in the log.
#[derive(Debug)]
pub(crate) struct SeriesSet<S> {
    table: Table<u128, S>,
    overflow: S,
    limit: usize,
    folded: OnceLock<Counter>,
    said: AtomicBool,
}

/// A series to record in.
pub(crate) enum Found<'a, S> {
    /// The call's own.
    Own(&'a S),
    /// The one that takes what no other may.
    Overflow(&'a S),
}

// === impl SeriesSet ===

impl<S: Default> SeriesSet<S> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            table: Table::new(limit),
            overflow: S::default(),
            limit,
            folded: OnceLock::new(),
            said: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(crate) fn find(&self, key: SeriesKey) -> Option<&S> {
        self.table.get(&key.pack())
    }

    /// The series of that key, new if need be.
    #[cold]
    pub(crate) fn add(&self, key: SeriesKey) -> Found<'_, S> {
        let folded = key.name == NameId::FOLDED || key.peer == NameId::FOLDED;
        if !folded && !self.table.is_full() {
            if let Some(series) = self.table.insert(key.pack(), |_| S::default()) {
                return Found::Own(series);
            }
        }
        Found::Overflow(&self.overflow)
    }

    /// Counts a call that was folded into the overflow series.
    pub(crate) fn count_folded(&self, recorder: &SharedRecorder) {
        let counter = || instruments::counter(recorder, &names::FOLDED, Vec::new());
        self.folded.get_or_init(counter).increment(1);
        if !self.said.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                limit = self.limit,
                "limit of metric series reached: further routes, methods and labels are folded into \
                 one series, labelled {}=\"true\"",
                names::OVERFLOW,
            );
        }
    }
}
