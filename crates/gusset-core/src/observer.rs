//! Observers of calls.

use std::sync::Arc;
use std::task::Waker;

use crate::{CallContext, End, ObserverId, Protocol, SpanIds};

/// An observer of calls: a log, a trace, a metric.
///
/// The driver calls [`start`](Self::start) once for each call, before it calls the service. The
/// [`CallObserver`] that it returns receives the rest of the call. `start` must not panic, block or
/// wait; wrap an observer that might panic in [`CatchPanic`](crate::CatchPanic).
///
/// Tuples of up to eight observers, `Option`, `Arc`, [`BoxObserver`](crate::BoxObserver) and `Vec`
/// are observers too. The first of a tuple is the outermost: it starts first and ends last.
///
/// ```
/// use gusset_core::{CallObserver, CallContext, End, Observer, Protocol};
///
/// struct Print;
/// struct PrintCall;
///
/// impl<P: Protocol> Observer<P> for Print {
///     type Call = PrintCall;
///     fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> PrintCall {
///         PrintCall
///     }
/// }
///
/// impl<P: Protocol> CallObserver<P> for PrintCall {
///     fn on_end(self, end: End<'_, P>, cx: &CallContext) {
///         println!("{end:?} after {:?}", cx.elapsed());
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not observe `{P}`",
    label = "not an observer of this protocol",
    note = "implement `Observer<{P}>` for it, or pass a tuple of observers"
)]
pub trait Observer<P: Protocol>: Send + Sync + 'static {
    /// The state of one call.
    type Call: CallObserver<P>;

    /// Starts the observation of a call.
    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Self::Call;

    /// Returns the identity of the observer. Of two layers around one request, the inner one does
    /// not start an observer that the outer one has started.
    ///
    /// Defaults to the address of the observer, which clones of a layer have in common. An observer
    /// that shares its state with its clones returns that state's identity.
    ///
    /// ```
    /// use gusset_core::{CallContext, Observer, ObserverId, Protocol};
    /// use std::sync::Arc;
    ///
    /// #[derive(Clone)]
    /// struct Count(Arc<()>);
    ///
    /// impl<P: Protocol> Observer<P> for Count {
    ///     type Call = ();
    ///     fn start(&self, _: P::Request<'_>, _: &mut CallContext) {}
    ///     fn id(&self) -> ObserverId {
    ///         ObserverId::from_arc(&self.0)
    ///     }
    /// }
    /// ```
    fn id(&self) -> ObserverId
    where
        Self: Sized,
    {
        ObserverId::from_address(self)
    }

    /// Adds the identities of the observers that this one is composed of. Defaults to its own.
    fn ids(&self, ids: &mut Vec<ObserverId>)
    where
        Self: Sized,
    {
        ids.push(self.id());
    }
}

/// The state that an observer keeps of one call.
///
/// The hooks are called in this order: `enter` and `exit` around each poll of the service and of the
/// body, `on_response` at most once, `on_data` for each chunk of the body, and `on_end` exactly once,
/// whatever happens: [`on_end`](Self::on_end) takes the call by value. Hooks must not panic, block
/// or wait.
///
/// ```
/// use gusset_core::{CallObserver, CallContext, End, Outcome, Protocol, Stage};
///
/// /// Reports errors.
/// struct Alarm;
///
/// impl<P: Protocol> CallObserver<P> for Alarm {
///     fn on_end(self, end: End<'_, P>, cx: &CallContext) {
///         let (Some(outcome), Some(error)) = (cx.outcome(), cx.error_type()) else {
///             return;
///         };
///         let stage = end.stage().map_or("end", Stage::as_str);
///         eprintln!("{}: {error} at the {stage}, {} bytes, {:?}", outcome.as_str(), cx.bytes(), cx.elapsed());
///         if let End::Failed(_, failure) = end {
///             assert_eq!(failure.rejected().is_some(), outcome == Outcome::Rejected);
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a call of `{P}`",
    label = "has no `on_end` for this protocol"
)]
pub trait CallObserver<P: Protocol>: Send + 'static {
    /// Enters one poll of the service or of its body, on the thread that polls it, for example to enter a
    /// span.
    ///
    /// Each `enter` is followed by one [`exit`](Self::exit), on the same thread, before any other hook of
    /// this call. If `enter` panics, it has not entered anything. Several observers enter in order.
    ///
    /// It is a pair and not a function around the poll, because what a poll returns is large, and would be
    /// moved once for each function around it.
    #[inline]
    fn enter(&mut self) {}

    /// Leaves the poll that was entered, also when the poll unwinds. Several observers exit in reverse
    /// order, so that the last to change the state of the thread restores it first.
    #[inline]
    fn exit(&mut self) {}

    /// Returns the waker with which the service or its body is polled, for an observer that measures when the call is
    /// woken. It has to wake `task`, whenever it is woken and as long as a clone of it exists. Defaults to `None`: the
    /// service is polled with `task`.
    ///
    /// It is called after each [`enter`](Self::enter) for a poll that has a task: of the future and of the body, and not of
    /// `Service::call`. Of several observers, each gets the waker of the one before.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use std::task::{Wake, Waker};
    ///
    /// /// Counts the wakes of a task.
    /// struct CountWakes(Waker, AtomicU32);
    ///
    /// impl Wake for CountWakes {
    ///     fn wake(self: Arc<Self>) {
    ///         self.1.fetch_add(1, Ordering::Relaxed);
    ///         self.0.wake_by_ref();
    ///     }
    /// }
    ///
    /// let waker = Waker::from(Arc::new(CountWakes(Waker::noop().clone(), AtomicU32::new(0))));
    /// waker.wake_by_ref();
    /// ```
    #[inline]
    fn waker(&mut self, _task: &Waker) -> Option<Waker> {
        None
    }

    /// Returns the ids of the call's span, for an observer that makes spans. The other observers find
    /// them in [`CallContext::span_ids`]. Defaults to `None`.
    #[inline]
    fn span_ids(&self) -> Option<SpanIds> {
        None
    }

    /// Receives the response headers.
    #[inline]
    fn on_response(&mut self, _res: P::Response<'_>, _cx: &CallContext) {}

    /// Receives the size of a chunk of the response body, in bytes, as it is sent.
    #[inline]
    fn on_data(&mut self, _len: usize, _cx: &CallContext) {}

    /// Completes the observation of the call.
    fn on_end(self, end: End<'_, P>, cx: &CallContext);
}

impl<P: Protocol, O: Observer<P>> Observer<P> for Arc<O> {
    type Call = O::Call;

    #[inline]
    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Self::Call {
        (**self).start(req, cx)
    }

    fn id(&self) -> ObserverId {
        (**self).id()
    }

    fn ids(&self, ids: &mut Vec<ObserverId>) {
        (**self).ids(ids);
    }
}
