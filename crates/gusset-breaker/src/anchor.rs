//! What a permit holds the breaker by.

use std::sync::Arc;

use crate::shared::{Core, lane};

/// A handle to the core whose count of references is on a line of its own. Each call holds one; if
/// all threads counted on the core's own, they would take that line from each other twice a call.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Anchor {
    pub(crate) core: Arc<Core>,
}

/// The anchors of a breaker, one for each lane.
#[derive(Clone, Debug)]
pub(crate) struct Anchors(Arc<[Arc<Anchor>]>);

// === impl Anchors ===

impl Anchors {
    pub(crate) fn new(core: &Arc<Core>, lanes: usize) -> Self {
        let anchor = || Arc::new(Anchor { core: core.clone() });
        Self(
            std::iter::repeat_with(anchor)
                .take(lanes.max(1).next_power_of_two())
                .collect(),
        )
    }

    #[inline]
    pub(crate) fn core(&self) -> &Core {
        &self.0[0].core
    }

    /// One for a call of this thread.
    #[inline]
    pub(crate) fn take(&self) -> Arc<Anchor> {
        // As many as a power of two.
        self.0[lane() & (self.0.len() - 1)].clone()
    }

    /// Whether nobody else holds these, or one of them.
    pub(crate) fn is_unshared(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && self.held() == 0
    }

    /// How many calls hold one.
    pub(crate) fn held(&self) -> usize {
        let held = |anchor| Arc::strong_count(anchor).saturating_sub(1);
        self.0.iter().map(held).sum()
    }
}
