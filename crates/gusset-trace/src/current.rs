//! The call under way on this thread.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::Span;

use gusset_core::TraceIds;
use gusset_http::{RequestId, current_request_id};

use crate::{Baggage, Propagated, TraceContext};

/// What is known of the call under way, and whose call it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) context: Propagated,
    /// Tells observers apart; zero is nobody's.
    pub(crate) owner: usize,
}

thread_local! {
    static CURRENT: RefCell<Place> = const { RefCell::new(Place::nowhere()) };
}

/// The span of the call that is being polled on this thread; `None` outside of any.
///
/// A client inside hands it on, a log line shows its ids. In a task that was spawned by a call it is
/// known with [`carry`].
///
/// ```
/// assert!(gusset_trace::current().is_none());
/// ```
pub fn current() -> Option<TraceContext> {
    look(|place| place.context.trace.clone())
}

/// The baggage of the call that is being polled on this thread; empty outside of any.
///
/// ```
/// assert!(gusset_trace::current_baggage().is_empty());
/// ```
pub fn current_baggage() -> Baggage {
    look(|place| place.context.baggage.clone())
}

pub(crate) fn place() -> Place {
    look(Place::clone)
}

pub(crate) fn owner() -> usize {
    look(|place| place.owner)
}

/// Runs one poll at that place, whose ids those are. Puts back, also when the poll unwinds, where the
/// thread was before.
#[inline]
pub(crate) fn scope<R>(place: &mut Place, ids: Option<TraceIds>, poll: impl FnOnce() -> R) -> R {
    struct Back<'a>(&'a mut Place, Option<TraceIds>);
    impl Drop for Back<'_> {
        fn drop(&mut self) {
            swap(self.0);
            TraceIds::set_current(self.1);
        }
    }
    swap(place);
    let _back = Back(place, TraceIds::set_current(ids));
    poll()
}

/// Takes the trace, the baggage, the request's id and the `tracing` span of the call under way to a task of its own.
///
/// ```
/// # async fn write_to_the_archive() {}
/// # fn spawn<F: Future + Send + 'static>(_: F) {}
/// // In a handler: the archive's call is a child of this one, though it outlives it.
/// spawn(gusset_trace::carry(write_to_the_archive()));
/// ```
pub fn carry<F: Future>(future: F) -> Carried<F> {
    Carried {
        future,
        place: place(),
        ids: TraceIds::current(),
        request_id: current_request_id(),
        span: Span::current(),
    }
}

pin_project! {
    /// A future at the place of the call that made it. Made by [`carry`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Carried<F> {
        #[pin]
        future: F,
        place: Place,
        ids: Option<TraceIds>,
        request_id: Option<RequestId>,
        span: Span,
    }
}

/// What is seen there; on a thread that is going away, nothing.
fn look<R: Default>(see: impl FnOnce(&Place) -> R) -> R {
    let seen = CURRENT.try_with(|current| current.try_borrow().ok().map(|place| see(&place)));
    seen.ok().flatten().unwrap_or_default()
}

#[inline]
fn swap(place: &mut Place) {
    // No code of anybody else's runs inside, so the borrow is free.
    let _ = CURRENT.try_with(|current| {
        if let Ok(mut current) = current.try_borrow_mut() {
            mem::swap(&mut *current, place);
        }
    });
}

// === impl Place ===

impl Place {
    const fn nowhere() -> Self {
        let context = Propagated {
            trace: None,
            baggage: Baggage::new(),
        };
        Self { context, owner: 0 }
    }
}

// === impl Carried ===

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let (span, request_id, future) = (this.span, this.request_id, this.future);
        scope(this.place, *this.ids, || {
            RequestId::scope(request_id, || span.in_scope(|| future.poll(cx)))
        })
    }
}

impl<F: fmt::Debug> fmt::Debug for Carried<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried")
            .field("future", &self.future)
            .finish_non_exhaustive()
    }
}
