//! Containment of an observer's panics.

use std::fmt;
use std::task::Waker;

use crate::panic_counter::caught;
use crate::start_once::start_once;
use crate::{CallContext, CallObserver, End, Observer, ObserverId, Protocol, SpanIds};

/// Contains the panics of an observer. After its first panic in a call, the observer is dropped for
/// that call; the service, the other observers and the next call go on.
///
/// Panics of the service itself are not contained. Costs nothing but landing pads until an observer panics.
/// With `panic = "abort"` it has no effect.
///
/// ```
/// use gusset_core::{CallContext, CatchPanic, ObserveLayer, Observer, Protocol, RequestResponse};
///
/// struct Careless;
///
/// impl<P: Protocol> Observer<P> for Careless {
///     type Call = ();
///     fn start(&self, _: P::Request<'_>, _: &mut CallContext) {
///         panic!("not my day");
///     }
/// }
///
/// let layer = ObserveLayer::<RequestResponse<u32, u32>, _>::new(CatchPanic::new(Careless));
/// ```
#[derive(Clone, Debug)]
pub struct CatchPanic<O> {
    observer: O,
}

/// The call of an [`CatchPanic`].
pub struct CatchPanicCall<C> {
    /// `None` once it has panicked.
    call: Option<C>,
}

// === impl CatchPanic ===

impl<O> CatchPanic<O> {
    /// Wraps an observer.
    pub fn new(observer: O) -> Self {
        Self { observer }
    }
}

impl<P: Protocol, O: Observer<P>> Observer<P> for CatchPanic<O> {
    type Call = CatchPanicCall<O::Call>;

    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Self::Call {
        // Unwind safety: the call is not used after a panic, and the observer is shared by reference,
        // so its own locks guard its state.
        let call = caught(|| start_once(&self.observer, req, cx)).flatten();
        CatchPanicCall { call }
    }

    fn ids(&self, ids: &mut Vec<ObserverId>) {
        self.observer.ids(ids);
    }
}

// === impl CatchPanicCall ===

impl<C> CatchPanicCall<C> {
    fn hook(&mut self, hook: impl FnOnce(&mut C)) {
        let Some(call) = &mut self.call else {
            return;
        };
        if caught(|| hook(call)).is_none() {
            self.give_up();
        }
    }

    /// Drops the call that has panicked, after the unwinding: a second panic during it would abort the
    /// process.
    fn give_up(&mut self) {
        let call = self.call.take();
        caught(|| drop(call));
    }
}

impl<P: Protocol, C: CallObserver<P>> CallObserver<P> for CatchPanicCall<C> {
    fn enter(&mut self) {
        self.hook(C::enter);
    }

    fn exit(&mut self) {
        self.hook(C::exit);
    }

    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        let mut waker = None;
        self.hook(|call| waker = call.waker(task));
        waker
    }

    fn span_ids(&self) -> Option<SpanIds> {
        let call = self.call.as_ref()?;
        caught(|| call.span_ids()).flatten()
    }

    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        self.hook(|call| call.on_response(res, cx));
    }

    fn on_data(&mut self, len: usize, cx: &CallContext) {
        self.hook(|call| call.on_data(len, cx));
    }

    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        if let Some(call) = self.call {
            // The panic hook of the process has reported it.
            caught(|| call.on_end(end, cx));
        }
    }
}

impl<C> fmt::Debug for CatchPanicCall<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchPanicCall")
            .field("panicked", &self.call.is_none())
            .finish()
    }
}
