//! Several observers as one: tuples, `Option` and `Vec`. All forward every hook.

use std::marker::PhantomData;
use std::task::Waker;

use crate::start_once::start_once;
use crate::{CallContext, CallObserver, End, Observer, ObserverId, Protocol, SpanIds};

impl<P: Protocol, O: Observer<P>> Observer<P> for Option<O> {
    type Call = Option<O::Call>;

    #[inline]
    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Self::Call {
        self.as_ref()
            .and_then(|observer| start_once(observer, req, cx))
    }

    fn ids(&self, ids: &mut Vec<ObserverId>) {
        if let Some(observer) = self {
            observer.ids(ids);
        }
    }
}

impl<P: Protocol, C: CallObserver<P>> CallObserver<P> for Option<C> {
    #[inline]
    fn enter(&mut self) {
        if let Some(call) = self {
            call.enter();
        }
    }

    #[inline]
    fn exit(&mut self) {
        if let Some(call) = self {
            call.exit();
        }
    }

    #[inline]
    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        self.as_mut()?.waker(task)
    }

    #[inline]
    fn span_ids(&self) -> Option<SpanIds> {
        self.as_ref().and_then(C::span_ids)
    }

    #[inline]
    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        if let Some(call) = self {
            call.on_response(res, cx);
        }
    }

    #[inline]
    fn on_data(&mut self, len: usize, cx: &CallContext) {
        if let Some(call) = self {
            call.on_data(len, cx);
        }
    }

    #[inline]
    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        if let Some(call) = self {
            call.on_end(end, cx);
        }
    }
}

impl<P: Protocol, O: Observer<P>> Observer<P> for Vec<O> {
    type Call = Vec<O::Call>;

    fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Self::Call {
        self.iter()
            .filter_map(|observer| start_once(observer, req, cx))
            .collect()
    }

    fn ids(&self, ids: &mut Vec<ObserverId>) {
        for observer in self {
            observer.ids(ids);
        }
    }
}

impl<P: Protocol, C: CallObserver<P>> CallObserver<P> for Vec<C> {
    fn enter(&mut self) {
        if let [first, rest @ ..] = &mut **self {
            enter_all(first, rest);
        }
    }

    fn exit(&mut self) {
        if let [first, rest @ ..] = &mut **self {
            exit_all(first, rest);
        }
    }

    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        let calls = self.iter_mut();
        calls.fold(None, |waker, call| next_waker(call, task, waker))
    }

    fn span_ids(&self) -> Option<SpanIds> {
        self.iter().find_map(C::span_ids)
    }

    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        for call in self {
            call.on_response(res, cx);
        }
    }

    fn on_data(&mut self, len: usize, cx: &CallContext) {
        for call in self {
            call.on_data(len, cx);
        }
    }

    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        for call in self.into_iter().rev() {
            call.on_end(end, cx);
        }
    }
}

/// Returns the waker after one more call, given that after those before.
#[inline]
fn next_waker<P: Protocol, C: CallObserver<P>>(
    call: &mut C,
    task: &Waker,
    waker: Option<Waker>,
) -> Option<Waker> {
    let next = call.waker(waker.as_ref().unwrap_or(task));
    next.or(waker)
}

fn enter_all<P: Protocol, C: CallObserver<P>>(first: &mut C, rest: &mut [C]) {
    first.enter();
    let entered = ExitOnDrop::new(first);
    if let [next, rest @ ..] = rest {
        enter_all(next, rest);
    }
    entered.forget();
}

fn exit_all<P: Protocol, C: CallObserver<P>>(first: &mut C, rest: &mut [C]) {
    let _last = ExitOnDrop::new(first);
    if let [next, rest @ ..] = rest {
        exit_all(next, rest);
    }
}

/// Exits a call of several, whatever the others do: an observer that panics must leave the thread to the
/// others as it was.
struct ExitOnDrop<'a, P: Protocol, C: CallObserver<P>> {
    call: &'a mut C,
    protocol: PhantomData<fn() -> P>,
}

// === impl ExitOnDrop ===

impl<'a, P: Protocol, C: CallObserver<P>> ExitOnDrop<'a, P, C> {
    #[inline]
    fn new(call: &'a mut C) -> Self {
        Self {
            call,
            protocol: PhantomData,
        }
    }

    /// Does not exit: all have entered.
    #[inline]
    fn forget(self) {
        std::mem::forget(self);
    }
}

impl<P: Protocol, C: CallObserver<P>> Drop for ExitOnDrop<'_, P, C> {
    #[inline]
    fn drop(&mut self) {
        self.call.exit();
    }
}

impl<P: Protocol> Observer<P> for () {
    type Call = ();

    #[inline]
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) {}

    fn ids(&self, _: &mut Vec<ObserverId>) {}
}

impl<P: Protocol> CallObserver<P> for () {
    #[inline]
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

/// A call of a tuple of observers.
///
/// A tuple starts all of its observers, unless an outer layer has started some of them. That is rare, so
/// that only those calls pay for it, with an allocation: an `Option` in every call made its hooks and its
/// moves dearer by about 35 instructions for each observer.
///
/// ```
/// use gusset_core::{Observer, RequestResponse, TupleCall};
///
/// type Calls = <((), ()) as Observer<RequestResponse<u32, u32>>>::Call;
/// assert!(matches!(Calls::All(((), ())), TupleCall::All(_)));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum TupleCall<A, O> {
    /// A call of each observer.
    All(A),
    /// The calls that no outer layer has started.
    Others(Box<O>),
}

impl<P: Protocol, A: CallObserver<P>, O: CallObserver<P>> CallObserver<P> for TupleCall<A, O> {
    #[inline]
    fn enter(&mut self) {
        match self {
            Self::All(calls) => calls.enter(),
            Self::Others(calls) => calls.enter(),
        }
    }

    #[inline]
    fn exit(&mut self) {
        match self {
            Self::All(calls) => calls.exit(),
            Self::Others(calls) => calls.exit(),
        }
    }

    #[inline]
    fn waker(&mut self, task: &Waker) -> Option<Waker> {
        match self {
            Self::All(calls) => calls.waker(task),
            Self::Others(calls) => calls.waker(task),
        }
    }

    #[inline]
    fn span_ids(&self) -> Option<SpanIds> {
        match self {
            Self::All(calls) => calls.span_ids(),
            Self::Others(calls) => calls.span_ids(),
        }
    }

    #[inline]
    fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
        match self {
            Self::All(calls) => calls.on_response(res, cx),
            Self::Others(calls) => calls.on_response(res, cx),
        }
    }

    #[inline]
    fn on_data(&mut self, len: usize, cx: &CallContext) {
        match self {
            Self::All(calls) => calls.on_data(len, cx),
            Self::Others(calls) => calls.on_data(len, cx),
        }
    }

    #[inline]
    fn on_end(self, end: End<'_, P>, cx: &CallContext) {
        match self {
            Self::All(calls) => calls.on_end(end, cx),
            Self::Others(calls) => calls.on_end(end, cx),
        }
    }
}

/// Enters a tuple's calls, the first first. Those that have entered exit if one panics.
macro_rules! enter {
    () => {};
    ($first:ident $($rest:ident)*) => {
        $first.enter();
        let entered = ExitOnDrop::new($first);
        enter!($($rest)*);
        entered.forget();
    };
}

/// Exits a tuple's calls, the last first. All exit, also if one panics.
macro_rules! exit {
    () => {};
    ($first:ident $($rest:ident)*) => {
        let _last = ExitOnDrop::new($first);
        exit!($($rest)*);
    };
}

/// Ends a tuple's calls, the last first.
macro_rules! reversed {
    ($end:ident, $cx:ident;) => {};
    ($end:ident, $cx:ident; $first:ident $($rest:ident)*) => {
        reversed!($end, $cx; $($rest)*);
        $first.on_end($end, $cx);
    };
}

macro_rules! tuple {
    ($($T:ident)+) => {
        impl<P: Protocol, $($T: Observer<P>),+> Observer<P> for ($($T,)+) {
            type Call = TupleCall<($($T::Call,)+), ($(Option<$T::Call>,)+)>;

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn start(&self, req: P::Request<'_>, cx: &mut CallContext) -> Self::Call {
                let ($($T,)+) = self;
                if cx.observed().is_empty() {
                    TupleCall::All(($($T.start(req, cx),)+))
                } else {
                    TupleCall::Others(Box::new(($(start_once($T, req, cx),)+)))
                }
            }

            #[allow(non_snake_case, reason = "a variable for each type")]
            fn ids(&self, ids: &mut Vec<ObserverId>) {
                let ($($T,)+) = self;
                $($T.ids(ids);)+
            }
        }

        impl<P: Protocol, $($T: CallObserver<P>),+> CallObserver<P> for ($($T,)+) {
            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn enter(&mut self) {
                let ($($T,)+) = self;
                enter!($($T)+);
            }

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn exit(&mut self) {
                let ($($T,)+) = self;
                exit!($($T)+);
            }

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn waker(&mut self, task: &Waker) -> Option<Waker> {
                let ($($T,)+) = self;
                let waker = None;
                $(let waker = next_waker($T, task, waker);)+
                waker
            }

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn span_ids(&self) -> Option<SpanIds> {
                let ($($T,)+) = self;
                None$(.or_else(|| $T.span_ids()))+
            }

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn on_response(&mut self, res: P::Response<'_>, cx: &CallContext) {
                let ($($T,)+) = self;
                $($T.on_response(res, cx);)+
            }

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn on_data(&mut self, len: usize, cx: &CallContext) {
                let ($($T,)+) = self;
                $($T.on_data(len, cx);)+
            }

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn on_end(self, end: End<'_, P>, cx: &CallContext) {
                let ($($T,)+) = self;
                reversed!(end, cx; $($T)+);
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);
