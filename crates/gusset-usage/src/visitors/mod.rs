//! Distinct visitors.

mod epochs;
mod key;
mod recent;
mod secret;
mod sliding;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gusset_http::RequestAttributes;

use self::epochs::Epochs;
pub use self::key::visitor_key_panics;
pub(crate) use self::key::{VisitorKey, address_key};
use self::recent::Recent;
pub(crate) use self::secret::Secret;
use crate::sketch::HyperLogLog;
use crate::time::{Tick, Window};

/// If more new visitors than this share are taken for known ones, their number is not known.
const MAX_FALSE_POSITIVES: f64 = 0.05;

/// The visitors of the last hour and the last day.
///
/// A visitor is counted with the first call of five minutes. That takes a lock, for less than a microsecond. Further
/// calls find the visitor in [`Recent`] and do nothing.
pub(crate) struct Visitors {
    key: VisitorKey,
    recent: Recent,
    epochs: Mutex<Epochs>,
    /// Visitors who were new, since the start.
    new: AtomicU64,
    /// The tick of the last call.
    tick: AtomicU64,
}

/// Distinct visitors in a window.
pub(crate) struct Distinct {
    sketch: HyperLogLog,
}

// === impl Visitors ===

impl Visitors {
    pub(crate) fn new(key: VisitorKey) -> Self {
        Self {
            key,
            recent: Recent::new(),
            epochs: Mutex::new(Epochs::new()),
            new: AtomicU64::new(0),
            tick: AtomicU64::new(0),
        }
    }

    /// Counts the visitor of a call.
    #[inline]
    pub(crate) fn visit(&self, req: RequestAttributes<'_>, tick: Tick) {
        let Some(key) = self.key.for_call(req) else {
            return;
        };
        let key = key.as_bytes();
        let mark = self.recent.mark(key, tick);
        if !self.recent.contains(mark) {
            self.visit_first(key, tick);
            self.recent.insert(mark);
        }
    }

    #[cold]
    #[inline(never)]
    fn visit_first(&self, key: &[u8], tick: Tick) {
        let mut epochs = self.lock();
        self.advance(&mut epochs, tick);
        if epochs.insert(key, tick) {
            self.new.fetch_add(1, Relaxed);
        }
    }

    /// Returns the distinct visitors of a window.
    pub(crate) fn distinct(&self, window: Window, tick: Tick) -> Distinct {
        let mut epochs = self.lock();
        self.advance(&mut epochs, tick);
        Distinct {
            sketch: epochs.merged(window, tick),
        }
    }

    /// Returns the visitors that were new, since the start.
    pub(crate) fn new_visitors(&self) -> u64 {
        self.new.load(Relaxed)
    }

    /// Returns whether the number of new visitors is known.
    pub(crate) fn knows_new(&self) -> bool {
        self.lock().false_positives() <= MAX_FALSE_POSITIVES
    }

    /// Rotates the secrets, and forgets who was here in the last tick.
    fn advance(&self, epochs: &mut Epochs, tick: Tick) {
        epochs.rotate(tick.day());
        // Only under the lock.
        if tick.0 > self.tick.load(Relaxed) {
            self.tick.store(tick.0, Relaxed);
            self.recent.clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Epochs> {
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Distinct ===

impl Distinct {
    pub(crate) fn estimate(&self) -> u64 {
        self.sketch.estimate()
    }
}
