//! The windows of a breaker.

use std::sync::OnceLock;

use crate::config;
use crate::sync::{AtomicUsize, Ordering};
use crate::window::Window;

/// The windows of a breaker, one for each shape that it was configured with.
///
/// A window is never freed, so that threads can use it without a lock. The number of shapes is limited
/// for this. A shape that is configured again reuses its window, which is empty because its results
/// have another generation.
#[derive(Debug)]
pub(crate) struct WindowSlots {
    /// The slot in use, or [`NO_WINDOW`].
    current: AtomicUsize,
    slots: [OnceLock<Box<(config::Window, Window)>>; MAX_WINDOW_SHAPES],
    shards: usize,
}

/// The number of window shapes that one breaker can have.
pub(crate) const MAX_WINDOW_SHAPES: usize = 4;
const NO_WINDOW: usize = MAX_WINDOW_SHAPES;

// === impl WindowSlots ===

impl WindowSlots {
    pub(crate) fn new(shape: Option<config::Window>, shards: usize) -> Self {
        let slots = Self {
            current: AtomicUsize::new(NO_WINDOW),
            slots: Default::default(),
            shards,
        };
        if let Some(slot) = slots.slot(shape) {
            slots.select(slot);
        }
        slots
    }

    #[inline]
    pub(crate) fn current(&self) -> Option<&Window> {
        let slot = self.slots.get(self.current.load(Ordering::Acquire))?;
        slot.get().map(|slot| &slot.1)
    }

    /// Returns the slot of this shape, and creates its window if necessary.
    ///
    /// `None` if all slots have other shapes. The caller holds the lock of the configuration.
    pub(crate) fn slot(&self, shape: Option<config::Window>) -> Option<usize> {
        let Some(shape) = shape else {
            return Some(NO_WINDOW);
        };
        self.slots.iter().position(|slot| {
            let create = || Box::new((shape, Window::new(shape, self.shards)));
            slot.get_or_init(create).0 == shape
        })
    }

    /// Uses the window of a slot from now on.
    pub(crate) fn select(&self, slot: usize) {
        // Release: pairs with the Acquire load of `current`, which then sees the created window.
        self.current.store(slot, Ordering::Release);
    }
}
