//! A sharded reference count.

use std::sync::Arc;

use crate::shared::{Core, shard_index};

/// One shard: a reference to the core, with its own reference count on its own cache line.
///
/// Every call in progress holds a reference. With one count, all threads would write to the same
/// cache line twice per call. `docs/breaker.md` has the time with two threads.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct ArcShard {
    pub(crate) core: Arc<Core>,
}

/// The shards of one breaker. Their number is a power of two, so that a mask selects one.
#[derive(Clone, Debug)]
pub(crate) struct ShardedArc(Arc<[Arc<ArcShard>]>);

// === impl ShardedArc ===

impl ShardedArc {
    pub(crate) fn new(core: &Arc<Core>, shards: usize) -> Self {
        let shard = || Arc::new(ArcShard { core: core.clone() });
        Self(
            std::iter::repeat_with(shard)
                .take(shards.max(1).next_power_of_two())
                .collect(),
        )
    }

    #[inline]
    pub(crate) fn core(&self) -> &Core {
        &self.0[0].core
    }

    /// Returns a reference for a call of this thread.
    #[inline]
    pub(crate) fn local(&self) -> Arc<ArcShard> {
        self.0[shard_index() & (self.0.len() - 1)].clone()
    }

    /// Returns whether this is the only handle and no call is in progress.
    pub(crate) fn is_unique(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && self.in_flight() == 0
    }

    /// Returns the number of calls in progress.
    pub(crate) fn in_flight(&self) -> usize {
        let calls = |shard| Arc::strong_count(shard).saturating_sub(1);
        self.0.iter().map(calls).sum()
    }
}
