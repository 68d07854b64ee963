//! A call's span on its way to be exported.

use std::cell::Cell;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gusset_data::{Attribute, SharedStr, SpanData, SpanSink, Value};

use crate::Limits;
use crate::sample::Hold;

/// The span of a call that is recorded, shared by all that is polled for the call.
///
/// Locked for a few instructions at a time, and never while anybody else's code runs.
#[derive(Default)]
pub(crate) struct Recording {
    pub(crate) limits: Limits,
    /// W3C's `tracestate`, for the spans below.
    #[cfg(feature = "subscriber")]
    pub(crate) trace_state: SharedStr,
    /// `None` before its call begins, and after its end.
    out: Option<Out>,
    span: Mutex<Option<SpanData>>,
}

/// Where the spans of a call go.
#[derive(Clone)]
pub(crate) struct Out {
    pub(crate) sink: Arc<dyn SpanSink>,
    pub(crate) fate: Option<Arc<Fate>>,
}

/// The spans of a call that are kept aside until its end.
pub(crate) struct Fate(Mutex<Spans>);

enum Spans {
    Held(Hold, Vec<SpanData>),
    /// They were exported, and what still comes is too.
    Kept,
    Dropped,
}

thread_local! {
    static EXPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a sink is at work on this thread: its own spans would lead to more of them, without end.
#[inline]
pub(crate) fn exporting() -> bool {
    EXPORTING.try_with(Cell::get).unwrap_or_default()
}

#[inline]
fn give(sink: &dyn SpanSink, span: SpanData) {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            let _ = EXPORTING.try_with(|exporting| exporting.set(self.0));
        }
    }
    let before = EXPORTING.try_with(|exporting| exporting.replace(true));
    let _back = Back(before.unwrap_or_default());
    sink.export(span);
}

// === impl Recording ===

impl Recording {
    #[inline]
    pub(crate) fn begin(&mut self, limits: Limits, out: Out, span: SpanData) {
        self.limits = limits;
        #[cfg(feature = "subscriber")]
        {
            self.trace_state = span.trace_state.clone();
        }
        self.out = Some(out);
        let place = self.span.get_mut();
        *place.unwrap_or_else(PoisonError::into_inner) = Some(span);
    }

    /// Nothing is left of its call but the memory.
    pub(crate) fn clear(&mut self) {
        self.out = None;
        let place = self.span.get_mut();
        *place.unwrap_or_else(PoisonError::into_inner) = None;
    }

    #[inline]
    pub(crate) fn out(&self) -> Option<&Out> {
        self.out.as_ref()
    }

    /// Changes the span, unless the call has ended.
    #[inline]
    pub(crate) fn edit(&self, edit: impl FnOnce(&mut SpanData)) {
        if let Some(span) = &mut *lock(&self.span) {
            edit(span);
        }
    }

    pub(crate) fn set(&self, key: SharedStr, value: Value) {
        self.set_all([(key, value)]);
    }

    pub(crate) fn set_all(&self, attributes: impl IntoIterator<Item = Attribute>) {
        self.edit(|span| {
            for (key, value) in attributes {
                let (on, dropped) = (&mut span.attributes, &mut span.dropped_attributes);
                self.limits.set(on, dropped, key, value);
            }
        });
    }

    /// Exports the span with what its end tells, once: the call has ended.
    #[inline]
    pub(crate) fn end(&self, out: &Out, finish: impl FnOnce(&mut SpanData)) {
        let mut place = lock(&self.span);
        if let Some(span) = &mut *place {
            finish(span);
        }
        if let Some(span) = place.take() {
            drop(place);
            out.export(span);
        }
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").finish_non_exhaustive()
    }
}

// === impl Out ===

impl Out {
    /// Exports a span, or keeps it aside.
    #[inline]
    pub(crate) fn export(&self, span: SpanData) {
        // A span is large: it is handed on, and never moved aside.
        match &self.fate {
            None => give(&*self.sink, span),
            Some(fate) => {
                if let Some(span) = fate.hold(span) {
                    give(&*self.sink, span);
                }
            }
        }
    }

    /// Decides on all that was kept aside, if anything was.
    pub(crate) fn decide(&self, keep: bool) {
        if let Some(fate) = &self.fate {
            for span in fate.decide(keep) {
                give(&*self.sink, span);
            }
        }
    }
}

// === impl Fate ===

impl Fate {
    pub(crate) fn new(hold: Hold) -> Self {
        Self(Mutex::new(Spans::Held(hold, Vec::new())))
    }

    /// Gives the span back if it is to be exported.
    fn hold(&self, span: SpanData) -> Option<SpanData> {
        match &mut *lock(&self.0) {
            Spans::Held(hold, spans) if spans.len() < hold.spans() => spans.push(sampled(span)),
            Spans::Held(hold, _) => hold.left_out_a_span(),
            Spans::Kept => return Some(sampled(span)),
            Spans::Dropped => {}
        }
        None
    }

    fn decide(&self, keep: bool) -> Vec<SpanData> {
        let fate = if keep { Spans::Kept } else { Spans::Dropped };
        let before = mem::replace(&mut *lock(&self.0), fate);
        match before {
            Spans::Held(_, spans) if keep => spans,
            _ => Vec::new(),
        }
    }
}

/// What is exported is sampled, whatever was sent on before that was known.
fn sampled(mut span: SpanData) -> SpanData {
    span.flags |= 1;
    span
}

/// Nothing in here can be left half done.
#[inline]
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
