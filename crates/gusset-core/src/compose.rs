//! Several observers as one: tuples, `Option` and `Vec`. All forward every hook.

use crate::{Call, Cx, End, Observer, Protocol, TraceIds};

impl<P: Protocol, O: Observer<P>> Observer<P> for Option<O> {
    type Call = Option<O::Call>;

    #[inline]
    fn start(&self, req: P::Request<'_>, cx: &mut Cx) -> Self::Call {
        self.as_ref().map(|observer| observer.start(req, cx))
    }
}

impl<P: Protocol, C: Call<P>> Call<P> for Option<C> {
    #[inline]
    fn scope<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        match self {
            Some(call) => call.scope(poll),
            None => poll(),
        }
    }

    #[inline]
    fn trace_ids(&self) -> Option<TraceIds> {
        self.as_ref().and_then(C::trace_ids)
    }

    #[inline]
    fn on_response(&mut self, res: P::Response<'_>, cx: &Cx) {
        if let Some(call) = self {
            call.on_response(res, cx);
        }
    }

    #[inline]
    fn on_data(&mut self, len: usize, cx: &Cx) {
        if let Some(call) = self {
            call.on_data(len, cx);
        }
    }

    #[inline]
    fn on_end(self, end: End<'_, P>, cx: &Cx) {
        if let Some(call) = self {
            call.on_end(end, cx);
        }
    }
}

impl<P: Protocol, O: Observer<P>> Observer<P> for Vec<O> {
    type Call = Vec<O::Call>;

    fn start(&self, req: P::Request<'_>, cx: &mut Cx) -> Self::Call {
        self.iter()
            .map(|observer| observer.start(req, cx))
            .collect()
    }
}

impl<P: Protocol, C: Call<P>> Call<P> for Vec<C> {
    fn scope<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        fn enter<P: Protocol, C: Call<P>, R>(calls: &mut [C], poll: &mut dyn FnMut() -> R) -> R {
            match calls {
                [] => poll(),
                [first, rest @ ..] => first.scope(|| enter::<P, C, R>(rest, poll)),
            }
        }
        let mut poll = Some(poll);
        enter::<P, C, R>(self, &mut || {
            (poll.take().expect("`scope` calls `poll` once"))()
        })
    }

    fn trace_ids(&self) -> Option<TraceIds> {
        self.iter().find_map(C::trace_ids)
    }

    fn on_response(&mut self, res: P::Response<'_>, cx: &Cx) {
        for call in self {
            call.on_response(res, cx);
        }
    }

    fn on_data(&mut self, len: usize, cx: &Cx) {
        for call in self {
            call.on_data(len, cx);
        }
    }

    fn on_end(self, end: End<'_, P>, cx: &Cx) {
        for call in self.into_iter().rev() {
            call.on_end(end, cx);
        }
    }
}

impl<P: Protocol> Observer<P> for () {
    type Call = ();

    #[inline]
    fn start(&self, _: P::Request<'_>, _: &mut Cx) {}
}

impl<P: Protocol> Call<P> for () {
    #[inline]
    fn on_end(self, _: End<'_, P>, _: &Cx) {}
}

/// Nests the scopes of a tuple's calls, the first outermost.
macro_rules! nested {
    ($poll:ident;) => { $poll() };
    ($poll:ident; $first:ident $($rest:ident)*) => {
        $first.scope(|| nested!($poll; $($rest)*))
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
            type Call = ($($T::Call,)+);

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn start(&self, req: P::Request<'_>, cx: &mut Cx) -> Self::Call {
                let ($($T,)+) = self;
                ($($T.start(req, cx),)+)
            }
        }

        impl<P: Protocol, $($T: Call<P>),+> Call<P> for ($($T,)+) {
            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn scope<R>(&mut self, poll: impl FnOnce() -> R) -> R {
                let ($($T,)+) = self;
                nested!(poll; $($T)+)
            }

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn trace_ids(&self) -> Option<TraceIds> {
                let ($($T,)+) = self;
                None$(.or_else(|| $T.trace_ids()))+
            }

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn on_response(&mut self, res: P::Response<'_>, cx: &Cx) {
                let ($($T,)+) = self;
                $($T.on_response(res, cx);)+
            }

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn on_data(&mut self, len: usize, cx: &Cx) {
                let ($($T,)+) = self;
                $($T.on_data(len, cx);)+
            }

            #[inline]
            #[allow(non_snake_case, reason = "a variable for each type")]
            fn on_end(self, end: End<'_, P>, cx: &Cx) {
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
