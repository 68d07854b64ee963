//! Observers chosen at run time.

use std::fmt;
use std::task::Waker;

use crate::{CallContext, CallObserver, End, Observer, ObserverId, Protocol, SpanIds};

/// An observer behind a pointer, for sets that are chosen at run time: `Vec<BoxObserver<Http>>`.
///
/// Costs one allocation a call and a virtual call a hook.
///
/// ```
/// use gusset_core::{BoxObserver, ObserveLayer, RequestResponse};
/// # use gusset_core::{CallObserver, CallContext, End, Observer, Protocol};
/// # struct Print;
/// # impl<P: Protocol> Observer<P> for Print {
/// #     type Call = ();
/// #     fn start(&self, _: P::Request<'_>, _: &mut CallContext) {}
/// # }
/// type Job = RequestResponse<u32, String>;
///
/// let mut observers: Vec<BoxObserver<Job>> = Vec::new();
/// if std::env::args().count() > 0 {
///     observers.push(BoxObserver::new(Print));
/// }
/// let layer = ObserveLayer::<Job, _>::new(observers);
/// ```
pub struct BoxObserver<P: Protocol>(Box<dyn DynObserver<P>>);

/// The call of a [`BoxObserver`].
pub struct BoxCall<P: Protocol>(Box<dyn DynCall<P>>);

trait DynObserver<P: Protocol>: Send + Sync {
    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> BoxCall<P>;
    fn id(&self) -> ObserverId;
    fn ids(&self, ids: &mut Vec<ObserverId>);
}

trait DynCall<P: Protocol>: Send {
    fn enter(&mut self);
    fn exit(&mut self);
    fn waker(&mut self, task: &Waker) -> Option<Waker>;
    fn span_ids(&self) -> Option<SpanIds>;
    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext);
    fn on_data(&mut self, len: usize, cx: &CallContext);
    fn on_end(self: Box<Self>, end: End<'_, P>, cx: &CallContext);
}

// === impl BoxObserver ===

impl<P: Protocol> BoxObserver<P> {
    /// Boxes an observer.
    pub fn new(observer: impl Observer<P>) -> Self {
        Self(Box::new(observer))
    }
}

impl<P: Protocol> Observer<P> for BoxObserver<P> {
    type Call = BoxCall<P>;

    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> BoxCall<P> {
        self.0.start(req, cx)
    }

    fn id(&self) -> ObserverId {
        self.0.id()
    }

    fn ids(&self, ids: &mut Vec<ObserverId>) {
        self.0.ids(ids);
    }
}

impl<P: Protocol, O: Observer<P>> DynObserver<P> for O {
    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> BoxCall<P> {
        BoxCall(Box::new(Observer::start(self, req, cx)))
    }

    fn id(&self) -> ObserverId {
        Observer::id(self)
    }

    fn ids(&self, ids: &mut Vec<ObserverId>) {
        Observer::ids(self, ids);
    }
}

impl<P: Protocol> fmt::Debug for BoxObserver<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxObserver").finish_non_exhaustive()
    }
}

// === impl BoxCall ===

impl<P: Protocol> CallObserver<P> for BoxCall<P> {
    fn enter(&mut self) {
        self.0.enter();
    }

    fn exit(&mut self) {
        self.0.exit();
    }

    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        self.0.waker(task)
    }

    fn span_ids(&self) -> Option<SpanIds> {
        self.0.span_ids()
    }

    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        self.0.on_response(res, cx);
    }

    fn on_data(&mut self, len: usize, cx: &CallContext) {
        self.0.on_data(len, cx);
    }

    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        self.0.on_end(end, cx);
    }
}

impl<P: Protocol, C: CallObserver<P>> DynCall<P> for C {
    fn enter(&mut self) {
        CallObserver::enter(self);
    }

    fn exit(&mut self) {
        CallObserver::exit(self);
    }

    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        CallObserver::waker(self, task)
    }

    fn span_ids(&self) -> Option<SpanIds> {
        CallObserver::span_ids(self)
    }

    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        CallObserver::on_response(self, res, cx);
    }

    fn on_data(&mut self, len: usize, cx: &CallContext) {
        CallObserver::on_data(self, len, cx);
    }

    fn on_end(self: Box<Self>, end: End<'_, P>, cx: &CallContext) {
        CallObserver::on_end(*self, end, cx);
    }
}

impl<P: Protocol> fmt::Debug for BoxCall<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxCall").finish_non_exhaustive()
    }
}
