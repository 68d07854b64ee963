//! What incident reports show of their state.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};

use gusset_data::{ShowState, StateTree};

use super::Incidents;

impl ShowState for Incidents {
    /// Returns the counts of this run: reports by trigger, those that a limit did not admit, deliveries that failed, and
    /// unclean ends of earlier runs by reason.
    fn show_state(&self) -> StateTree {
        let counts = self.core.counts();
        StateTree::fields([
            ("captured", by_name(&counts.by_trigger)),
            ("skipped", counts.skipped.load(Relaxed).into()),
            ("failed deliveries", counts.failed.load(Relaxed).into()),
            ("unclean ends", by_name(&counts.unclean_ends)),
        ])
    }
}

fn by_name(counts: &Mutex<BTreeMap<&'static str, u64>>) -> StateTree {
    let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    StateTree::fields(counts.iter().map(|(name, count)| (*name, (*count).into())))
}
