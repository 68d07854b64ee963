//! What viewers receive while the page is open.
//!
//! Viewers wake at the same ticks, and share what the first of them makes. Nothing runs without a viewer.

mod document;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gusset_data::SharedStr;
use tokio::time::Instant;

use self::document::Document;

/// The time between two ticks.
const TICK: Duration = Duration::from_secs(2);

/// What viewers receive if nothing has changed: a comment, so that they know that the server lives.
const NOTHING: &[u8] = b": nothing has changed\n\n";

/// The viewers of a page, and what the last tick has made.
pub(crate) struct Live {
    max_viewers: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    viewers: usize,
    /// The moment of tick 0: when the first viewer came.
    start: Option<Instant>,
    document: Document,
    /// Whether a viewer makes the document of this tick.
    is_made: bool,
}

/// Ends the making of a document, also after a panic of a part.
struct Making<'a>(&'a Live);

// === impl Live ===

impl Live {
    pub(crate) fn new(max_viewers: usize) -> Self {
        Self {
            max_viewers,
            state: Mutex::default(),
        }
    }

    /// Takes the place of a viewer. Returns whether there was one.
    pub(crate) fn enter(&self) -> bool {
        let mut state = self.lock();
        let has_place = state.viewers < self.max_viewers;
        state.viewers += usize::from(has_place);
        has_place
    }

    /// Frees the place of a viewer.
    pub(crate) fn leave(&self) {
        self.lock().viewers -= 1;
    }

    /// Returns the number of this tick, and when the next one is.
    pub(crate) fn tick(&self) -> (u64, Instant) {
        let now = Instant::now();
        let start = *self.lock().start.get_or_insert(now);
        let passed = now.saturating_duration_since(start).as_secs() / TICK.as_secs();
        let next = u32::try_from(passed + 1).unwrap_or(u32::MAX);
        (passed, start + TICK * next)
    }

    /// Returns what a viewer that has seen the document of a tick, or none, receives at this tick. The first viewer of a
    /// tick makes the contents of the sections.
    pub(crate) fn event(
        &self,
        tick: u64,
        seen: Option<u64>,
        contents: impl FnOnce() -> Vec<(SharedStr, String)>,
    ) -> Bytes {
        if let Some(_making) = self.begin(tick) {
            // Without the lock, because parts are code of the service.
            let contents = contents();
            self.lock().document.update(tick, contents);
        }
        self.lock().document.event(seen)
    }

    /// Returns a guard if this viewer has to make the document of this tick.
    fn begin(&self, tick: u64) -> Option<Making<'_>> {
        let mut state = self.lock();
        let is_needed = !state.is_made && state.document.tick() != Some(tick);
        is_needed.then(|| {
            state.is_made = true;
            Making(self)
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        self.0.lock().is_made = false;
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}
