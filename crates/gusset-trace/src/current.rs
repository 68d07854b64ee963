//! The call under way on this thread, and the spans below it.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gusset_core::SpanIds;
use gusset_data::{SharedStr, Value};
use gusset_http::{RequestId, current_request_id};
use pin_project_lite::pin_project;
use tracing::Span;

use crate::recording::Recording;
use crate::trace::Shared;
use crate::{Baggage, Propagated, SpanId, TraceContext, TraceFlags, TraceId};

/// All that is known of a call under way. It does not change while the call lasts, so that it is shared
/// and never copied nor moved.
pub(crate) struct Place {
    pub(crate) context: Propagated,
    pub(crate) recording: Option<Arc<Recording>>,
    /// The memory of the recording of a call that has ended.
    pub(crate) spare: Option<Arc<Recording>>,
    pub(crate) request_id: Option<RequestId>,
    /// The call's own `tracing` span.
    pub(crate) span: Span,
    /// Whose call it is; `None` for a place that is carried.
    pub(crate) owner: Option<Arc<Shared>>,
    /// The place of the method among the known ones, to name the span by.
    pub(crate) method: usize,
    /// The method of a gRPC server's call, until its status shows that it is one.
    pub(crate) unproven: Option<Box<str>>,
    /// What is kept aside for the call is decided at its end.
    pub(crate) decides: bool,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Place>>> = const { RefCell::new(None) };
    /// Places of calls that have ended, to be used again: a call then allocates none.
    static ENDED: RefCell<Vec<Arc<Place>>> = const { RefCell::new(Vec::new()) };
}

/// As many calls may end at once on a thread, and leave their places.
const KEPT: usize = 128;

/// The span that is being polled on this thread, of a call or below it; `None` outside of any.
///
/// A client inside hands it on, a log line shows its ids. In a task that was spawned by a call it is
/// known with [`carry`].
///
/// ```
/// assert!(gusset_trace::current().is_none());
/// ```
pub fn current() -> Option<TraceContext> {
    innermost(look(|place| place.context.trace.clone()))
}

/// The baggage of the call that is being polled on this thread; empty outside of any.
///
/// ```
/// assert!(gusset_trace::current_baggage().is_empty());
/// ```
pub fn current_baggage() -> Baggage {
    look(|place| place.context.baggage.clone())
}

/// Puts an attribute on the span of the call that is being polled on this thread, in place of one with
/// that key: also from within a span below it, and in a task with [`carry`].
///
/// It reaches the span that is exported, and no other subscriber of `tracing`, for whom the fields of a
/// span are fixed. How many there may be, and how long, is up to [`Limits`](crate::Limits). Outside of
/// any call, after its end, and where the call is not recorded, nothing happens.
///
/// ```
/// gusset_trace::set_attribute("shop.plan", "gold");
/// gusset_trace::set_attribute("shop.items", 3_i64);
/// ```
pub fn set_attribute(key: impl Into<SharedStr>, value: impl Into<Value>) {
    if let Some(recording) = recording() {
        recording.set(key.into(), value.into());
    }
}

/// The place of what is being polled on this thread, with its innermost span.
pub(crate) fn place() -> Place {
    let mut context = look(|place| place.context.clone());
    context.trace = innermost(context.trace);
    Place {
        context,
        recording: recording(),
        request_id: current_request_id(),
        ..Place::default()
    }
}

/// Whether the call under way is that observer's.
pub(crate) fn is_of(owner: &Arc<Shared>) -> bool {
    look(|place| {
        let of = place.owner.as_ref();
        of.is_some_and(|of| Arc::ptr_eq(of, owner))
    })
}

/// Whether that `tracing` span is the call's under way.
#[cfg(feature = "subscriber")]
pub(crate) fn is_call(span: &tracing::span::Id) -> bool {
    look(|place| place.span.id().as_ref() == Some(span))
}

/// Where what is recorded below the call goes; `None` where nothing is recorded.
pub(crate) fn recording() -> Option<Arc<Recording>> {
    #[cfg(feature = "subscriber")]
    if let Some(recording) = crate::subscriber::entered_recording() {
        return recording;
    }
    look(|place| place.recording.clone())
}

/// The place of the innermost span: of that call, or below it, or of a span outside of any call.
fn innermost(trace: Option<TraceContext>) -> Option<TraceContext> {
    let Some(ids) = SpanIds::current() else {
        return trace;
    };
    let (trace_id, span_id) = (
        TraceId::from_bytes(ids.trace_id()),
        SpanId::from_bytes(ids.span_id()),
    );
    let (Some(trace_id), Some(span_id)) = (trace_id, span_id) else {
        return trace;
    };
    Some(match trace {
        Some(trace) if trace.trace_id() == trace_id => trace.with_span_id(span_id),
        _ => {
            let flags = TraceFlags::new().with_sampled(ids.is_sampled());
            TraceContext::new(trace_id, span_id, flags)
        }
    })
}

/// Runs one poll at that place, whose ids those are, and within its span. Puts back, also when the poll
/// unwinds, where the thread was before.
#[inline]
pub(crate) fn scope<R>(
    place: &mut Option<Arc<Place>>,
    ids: Option<SpanIds>,
    poll: impl FnOnce() -> R,
) -> R {
    struct Back<'a>(&'a mut Option<Arc<Place>>, Option<SpanIds>);
    impl Drop for Back<'_> {
        #[inline]
        fn drop(&mut self) {
            swap(self.0);
            SpanIds::set_current(self.1);
        }
    }
    // Without an id of its own, what is inside has that of what is outside.
    let has_more = |place: &&Arc<Place>| place.request_id.is_some() || !place.span.is_disabled();
    let more = place.as_ref().filter(has_more).cloned();
    swap(place);
    let _back = Back(place, SpanIds::set_current(ids));
    match more {
        None => poll(),
        Some(place) => {
            let mut id = place.request_id.clone();
            if id.is_some() {
                RequestId::scope(&mut id, || place.span.in_scope(poll))
            } else {
                place.span.in_scope(poll)
            }
        }
    }
}

/// A place for a call that begins, nobody else's and empty: in the memory of one whose call has ended,
/// if there is any.
#[inline]
pub(crate) fn fresh() -> Arc<Place> {
    let ended = ENDED.try_with(|ended| ended.try_borrow_mut().ok()?.pop());
    ended.ok().flatten().unwrap_or_default()
}

/// The call has ended. Its place goes now, but for its memory.
#[inline]
pub(crate) fn end(mut ended: Arc<Place>) {
    // Somebody else is still there: a task that was spawned.
    let Some(place) = Arc::get_mut(&mut ended) else {
        return;
    };
    // Each by itself: most are empty, and all of it is large.
    let Place {
        context,
        recording,
        spare,
        request_id,
        span,
        owner,
        method: _,
        unproven,
        decides: _,
    } = place;
    *context = Propagated::default();
    if let Some(mut recording) = recording.take() {
        // Else a span below the call has not ended.
        if let Some(memory) = Arc::get_mut(&mut recording) {
            memory.clear();
            *spare = Some(recording);
        }
    }
    *request_id = None;
    *span = Span::none();
    *owner = None;
    *unproven = None;
    let _ = ENDED.try_with(|all| {
        if let Ok(mut all) = all.try_borrow_mut() {
            if all.len() < KEPT {
                all.push(ended);
            }
        }
    });
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
        place: Some(Arc::new(Place {
            span: Span::current(),
            ..place()
        })),
        ids: SpanIds::current(),
    }
}

pin_project! {
    /// A future at the place of the call that made it. Made by [`carry`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Carried<F> {
        #[pin]
        future: F,
        place: Option<Arc<Place>>,
        ids: Option<SpanIds>,
    }
}

/// What is seen there; nothing outside of any call, and on a thread that is going away.
#[inline]
fn look<R: Default>(see: impl FnOnce(&Place) -> R) -> R {
    let look = |current: &RefCell<Option<Arc<Place>>>| {
        let current = current.try_borrow().ok()?;
        current.as_deref().map(see)
    };
    CURRENT.try_with(look).ok().flatten().unwrap_or_default()
}

#[inline]
fn swap(place: &mut Option<Arc<Place>>) {
    // No code of anybody else's runs inside, so the borrow is free.
    let _ = CURRENT.try_with(|current| {
        if let Ok(mut current) = current.try_borrow_mut() {
            mem::swap(&mut *current, place);
        }
    });
}

// === impl Place ===

impl Place {
    /// The ids of the call, if it is one.
    #[inline]
    pub(crate) fn ids(&self) -> Option<SpanIds> {
        self.context.trace.as_ref().map(TraceContext::ids)
    }
}

impl Default for Place {
    #[inline]
    fn default() -> Self {
        Self {
            context: Propagated::default(),
            recording: None,
            spare: None,
            request_id: None,
            span: Span::none(),
            owner: None,
            method: 0,
            unproven: None,
            decides: false,
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

// === impl Carried ===

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let future = this.future;
        scope(this.place, *this.ids, || future.poll(cx))
    }
}

impl<F: fmt::Debug> fmt::Debug for Carried<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried")
            .field("future", &self.future)
            .finish_non_exhaustive()
    }
}
