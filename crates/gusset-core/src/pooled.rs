//! Calls behind a pointer, in memory that is used again.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::fmt;
use std::task::Waker;

use crate::{CallContext, CallObserver, End, Observer, ObserverId, Pool, Protocol, SpanIds};

/// Keeps the calls of an observer behind a pointer, so that they are not moved with the future and the body of
/// each call, through every layer around them.
///
/// Their memory is that of calls which have ended on the thread, at most [`Pool::CAPACITY`] of them, so in steady
/// state nothing is allocated. It costs some 80 instructions a call, and saves more than that if the state of a call
/// has more than about 100 bytes: use it around a tuple of observers.
///
/// ```
/// use gusset_core::{ObserveLayer, PooledObserver, RequestResponse};
///
/// # let (log, trace) = ((), ());
/// let layer = ObserveLayer::<RequestResponse<u32, u32>, _>::new(PooledObserver::new((log, trace)));
/// ```
#[derive(Clone, Debug)]
pub struct PooledObserver<O> {
    observer: O,
}

/// The call of a [`PooledObserver`].
//
// Always `Some` until the end.
pub struct PooledCall<C>(Box<Option<C>>);

/// The memory of ended calls of one type.
struct Calls {
    of: TypeId,
    memory: Vec<Box<dyn Any + Send>>,
}

thread_local! {
    /// One entry for each type of calls, which are as many as a program has kinds of layers.
    static POOLS: RefCell<Vec<Calls>> = const { RefCell::new(Vec::new()) };
}

#[inline]
fn acquire<C: Send + 'static>() -> Box<Option<C>> {
    let pop = |pools: &RefCell<Vec<Calls>>| {
        let mut pools = pools.try_borrow_mut().ok()?;
        let mut pools = pools.iter_mut();
        pools
            .find(|pool| pool.of == TypeId::of::<C>())?
            .memory
            .pop()
    };
    let memory = POOLS.try_with(pop).ok().flatten();
    memory
        .and_then(|memory| memory.downcast().ok())
        .unwrap_or_default()
}

/// Keeps the memory of a call that has ended, unless the pool is full or the thread is exiting.
#[inline]
fn release<C: Send + 'static>(memory: Box<Option<C>>) {
    let _ = POOLS.try_with(|pools| {
        let Ok(mut pools) = pools.try_borrow_mut() else {
            return;
        };
        let of = TypeId::of::<C>();
        match pools.iter_mut().find(|pool| pool.of == of) {
            Some(pool) if pool.memory.len() < Pool::<()>::CAPACITY => pool.memory.push(memory),
            Some(_) => {}
            None => pools.push(Calls {
                of,
                memory: vec![memory],
            }),
        }
    });
}

// === impl PooledObserver ===

impl<O> PooledObserver<O> {
    /// Keeps the calls of `observer` behind a pointer.
    pub fn new(observer: O) -> Self {
        Self { observer }
    }
}

impl<P: Protocol, O: Observer<P>> Observer<P> for PooledObserver<O> {
    type Call = PooledCall<O::Call>;

    #[inline]
    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Self::Call {
        let mut memory = acquire();
        *memory = Some(self.observer.start(req, cx));
        PooledCall(memory)
    }

    fn id(&self) -> ObserverId {
        self.observer.id()
    }

    fn ids(&self, ids: &mut Vec<ObserverId>) {
        self.observer.ids(ids);
    }
}

// === impl PooledCall ===

impl<P: Protocol, C: CallObserver<P>> CallObserver<P> for PooledCall<C> {
    #[inline]
    fn enter(&mut self) {
        if let Some(call) = &mut *self.0 {
            call.enter();
        }
    }

    #[inline]
    fn exit(&mut self) {
        if let Some(call) = &mut *self.0 {
            call.exit();
        }
    }

    #[inline]
    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        (*self.0).as_mut()?.waker(task)
    }

    #[inline]
    fn span_ids(&self) -> Option<SpanIds> {
        (*self.0).as_ref()?.span_ids()
    }

    #[inline]
    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        if let Some(call) = &mut *self.0 {
            call.on_response(res, cx);
        }
    }

    #[inline]
    fn on_data(&mut self, len: usize, cx: &CallContext) {
        if let Some(call) = &mut *self.0 {
            call.on_data(len, cx);
        }
    }

    #[inline]
    fn on_end(mut self, end: End<'_, P>, cx: &CallContext) {
        if let Some(call) = self.0.take() {
            call.on_end(end, cx);
        }
        release(self.0);
    }
}

impl<C> fmt::Debug for PooledCall<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledCall").finish_non_exhaustive()
    }
}
