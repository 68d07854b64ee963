//! The subscriber of a call, if it is not global.

use std::cell::RefCell;
use std::task::Waker;

use gusset_core::{CallContext, CallObserver, End, Observer, ObserverId, Protocol, SpanIds};
use tracing::Dispatch;
use tracing::dispatcher::{DefaultGuard, set_default, with_default};

thread_local! {
    /// The subscribers of the calls that are polled on this thread, innermost last. A guard is larger than what
    /// most calls have here.
    static ENTERED: RefCell<Vec<DefaultGuard>> = const { RefCell::new(Vec::new()) };
}

/// Observes calls while a subscriber is the current one, so that the events of the observers and of the
/// service go to it. Costs nothing but a branch without one.
#[derive(Clone, Debug)]
pub struct SubscriberScope<O> {
    observer: O,
    dispatch: Option<Dispatch>,
}

/// The state of one call.
#[derive(Debug)]
pub struct SubscriberScopeCall<C> {
    call: C,
    dispatch: Option<Dispatch>,
}

// === impl SubscriberScope ===

impl<O> SubscriberScope<O> {
    pub(super) fn new(observer: O, dispatch: Option<Dispatch>) -> Self {
        Self { observer, dispatch }
    }
}

impl<P: Protocol, O: Observer<P>> Observer<P> for SubscriberScope<O> {
    type Call = SubscriberScopeCall<O::Call>;

    #[inline]
    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Self::Call {
        let Self { observer, dispatch } = self;
        SubscriberScopeCall {
            call: enter(dispatch.as_ref(), || observer.start(req, cx)),
            dispatch: dispatch.clone(),
        }
    }

    fn ids(&self, ids: &mut Vec<ObserverId>) {
        self.observer.ids(ids);
    }
}

// === impl SubscriberScopeCall ===

impl<P: Protocol, C: CallObserver<P>> CallObserver<P> for SubscriberScopeCall<C> {
    #[inline]
    fn enter(&mut self) {
        let Self { call, dispatch } = self;
        if let Some(dispatch) = dispatch {
            enter_poll(dispatch);
        }
        call.enter();
    }

    #[inline]
    fn exit(&mut self) {
        let Self { call, dispatch } = self;
        call.exit();
        if dispatch.is_some() {
            exit_poll();
        }
    }

    #[inline]
    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        self.call.waker(task)
    }

    #[inline]
    fn span_ids(&self) -> Option<SpanIds> {
        self.call.span_ids()
    }

    #[inline]
    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        let Self { call, dispatch } = self;
        enter(dispatch.as_ref(), || call.on_response(res, cx));
    }

    #[inline]
    fn on_data(&mut self, len: usize, cx: &CallContext) {
        let Self { call, dispatch } = self;
        enter(dispatch.as_ref(), || call.on_data(len, cx));
    }

    #[inline]
    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        let Self { call, dispatch } = self;
        enter(dispatch.as_ref(), || call.on_end(end, cx));
    }
}

/// Makes a subscriber current on this thread, until [`exit_poll`].
#[cold]
fn enter_poll(dispatch: &Dispatch) {
    let guard = set_default(dispatch);
    let _ = ENTERED.try_with(|all| {
        if let Ok(mut all) = all.try_borrow_mut() {
            all.push(guard);
        }
    });
}

#[cold]
fn exit_poll() {
    let pop = |all: &RefCell<Vec<_>>| all.try_borrow_mut().ok()?.pop();
    // A subscriber may be dropped with it, so the list is not borrowed.
    drop(ENTERED.try_with(pop));
}

#[inline]
fn enter<R>(dispatch: Option<&Dispatch>, f: impl FnOnce() -> R) -> R {
    match dispatch {
        Some(dispatch) => with_default(dispatch, f),
        None => f(),
    }
}
