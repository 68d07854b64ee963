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

    /// Returns what a viewer that has seen the document of a tick, or none, receives at this tick, and the tick of the
    /// document that it has seen then. The first viewer of a tick makes the contents of the sections.
    ///
    /// The document is that of the tick before while another thread makes it: the viewer then gets the changes at the
    /// next tick.
    pub(crate) fn event(
        &self,
        tick: u64,
        seen: Option<u64>,
        contents: impl FnOnce() -> Vec<(SharedStr, String)>,
    ) -> (Bytes, Option<u64>) {
        if let Some(_making) = self.begin(tick) {
            // Without the lock, because parts are code of the service.
            let contents = contents();
            self.lock().document.update(tick, contents);
        }
        let mut state = self.lock();
        (state.document.event(seen), state.document.tick())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn count(count: &str) -> Vec<(SharedStr, String)> {
        vec![("count".into(), count.to_owned())]
    }

    #[test]
    fn viewer_that_comes_while_the_document_is_made_misses_nothing() {
        let live = Live::new(2);
        let (_, seen) = live.event(1, None, || count("1"));
        let mut other = None;
        // As on another thread: the viewer that makes the document is not done.
        live.event(2, seen, || {
            other = Some(live.event(2, seen, || unreachable!("it is made already")));
            count("2")
        });
        let (event, seen) = other.expect("it was called");
        assert_eq!(event, NOTHING);
        let (event, _) = live.event(3, seen, || count("2"));
        assert_eq!(event, "data: {\"count\":\"2\"}\n\n");
    }
}
