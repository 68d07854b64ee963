//! A viewer of the page: the body of its stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use gusset_data::SharedStr;
use http_body::{Body, Frame};
use tokio::time::{Instant, Sleep, sleep_until};

use super::Place;
use crate::shared::Shared;
use crate::{page, sections};

/// The stream of a viewer: an event at each tick.
pub(crate) struct Viewer {
    place: Place,
    wait: Pin<Box<Sleep>>,
    seen: Option<u64>,
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
        let shared = place.operations().shared();
        let (tick, next) = shared.live.tick();
        wait.as_mut().reset(next);
        let event;
        (event, *seen) = shared.live.event(tick, *seen, || contents(shared));
        Poll::Ready(Some(Ok(Frame::data(event))))
    }
}

/// Returns what each section shows.
fn contents(shared: &Shared) -> Vec<(SharedStr, String)> {
    let sections = sections::all(shared).into_iter();
    let contents = sections.map(|section| {
        let mut content = String::new();
        page::content(&mut content, &section);
        (section.id, content)
    });
    contents.collect()
}
