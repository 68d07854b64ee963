//! A viewer of the page: the body of its stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::operations::Operations;

/// A place of one of the viewers. It is free again when this is dropped, with the body and so with the client.
pub(crate) struct Place(Operations);

/// The stream of a viewer: an event at each tick.
pub(crate) struct Viewer {
    place: Place,
    wait: Pin<Box<Sleep>>,
    seen: Option<u64>,
}

// === impl Place ===

impl Place {
    /// Takes a place. `None` if all are taken.
    pub(crate) fn take(operations: &Operations) -> Option<Self> {
        let live = &operations.shared().live;
        let mut state = live.lock();
        if state.viewers >= live.max_viewers {
            return None;
        }
        state.viewers += 1;
        drop(state);
        Some(Self(operations.clone()))
    }

    pub(super) fn operations(&self) -> &Operations {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.shared().live.lock().viewers -= 1;
    }
}

// === impl Viewer ===

impl Viewer {
    /// Creates a viewer, which receives the whole document at once.
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            wait: Box::pin(sleep_until(Instant::now())),
            seen: None,
        }
    }
}

impl Body for Viewer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Self { place, wait, seen } = &mut *self;
        ready!(wait.as_mut().poll(cx));
        let operations = place.operations();
        let live = &operations.shared().live;
        let (tick, next) = live.tick();
        wait.as_mut().reset(next);
        let event = live.event(operations, tick, *seen);
        *seen = Some(tick);
        Poll::Ready(Some(Ok(Frame::data(event))))
    }
}
