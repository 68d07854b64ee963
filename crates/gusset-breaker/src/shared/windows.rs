//! The window that is in use, and those that were before it.

use std::sync::OnceLock;

use crate::config;
use crate::sync::{AtomicUsize, Ordering};
use crate::window::Window;

/// The windows of a breaker, one for each shape that it was ever configured with: found without a
/// lock, and bounded. Going back to a shape takes its window again; what it holds is of another
/// generation, so it is empty.
#[derive(Debug)]
pub(crate) struct Windows {
    /// The place of the one in use; [`NONE`] if there is none.
    current: AtomicUsize,
    places: [OnceLock<Box<(config::Window, Window)>>; SHAPES],
    lanes: usize,
}

/// The shapes that one breaker may have in its life.
pub(crate) const SHAPES: usize = 4;
const NONE: usize = SHAPES;

// === impl Windows ===

impl Windows {
    pub(crate) fn new(shape: Option<config::Window>, lanes: usize) -> Self {
        let windows = Self {
            current: AtomicUsize::new(NONE),
            places: Default::default(),
            lanes,
        };
        if let Some(place) = windows.place(shape) {
            windows.use_place(place);
        }
        windows
    }

    #[inline]
    pub(crate) fn current(&self) -> Option<&Window> {
        let place = self.places.get(self.current.load(Ordering::Acquire))?;
        place.get().map(|place| &place.1)
    }

    /// The place of the window of that shape, made if need be; `None` if there were too many shapes.
    /// To be called by one thread at a time.
    pub(crate) fn place(&self, shape: Option<config::Window>) -> Option<usize> {
        let Some(shape) = shape else {
            return Some(NONE);
        };
        self.places.iter().position(|place| {
            let made = || Box::new((shape, Window::new(shape, self.lanes)));
            place.get_or_init(made).0 == shape
        })
    }

    pub(crate) fn use_place(&self, place: usize) {
        self.current.store(place, Ordering::Release);
    }
}
