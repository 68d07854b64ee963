//! One request, one response, no body that comes later: any `Service<Req>` that is not HTTP.

use std::marker::PhantomData;

use crate::{
    Accept, Call, Classify, Deliver, Delivery, End, Outcome, Protocol, Token, Track, Verdict,
};

/// The protocol of a plain `Service<Req, Response = Res>`: a queue's consumer, a handler of jobs.
///
/// A call ends when the service's future does. `Ok` is success; an error is the service's fault,
/// unless a guard refused the call.
pub struct Unary<Req, Res>(PhantomData<fn(Req) -> Res>);

/// The judgement of a [`Unary`] call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UnaryClassify;

// === impl Unary ===

impl<Req: 'static, Res: 'static> Protocol for Unary<Req, Res> {
    type Request<'a> = &'a Req;
    type Response<'a> = &'a Res;
    type Trailers = ();
    type Classify = UnaryClassify;
}

impl<Req: 'static, Res: 'static> Accept<Req> for Unary<Req, Res> {
    #[inline]
    fn head(req: &Req) -> &Req {
        req
    }
}

impl<Req: 'static, Res: 'static> Deliver<Res> for Unary<Req, Res> {
    type Tracked<C: Call<Self>> = Res;

    #[inline]
    fn deliver<C: Call<Self>>(res: Res, mut track: Track<Self, C>) -> Res {
        track.respond(&res);
        track.end(End::Complete(None));
        res
    }
}

impl<Req, Res> std::fmt::Debug for Unary<Req, Res> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unary")
    }
}

// === impl UnaryClassify ===

impl<Req: 'static, Res: 'static> Classify<Unary<Req, Res>> for UnaryClassify {
    fn start(_: &Req) -> Self {
        Self
    }

    fn on_response(&mut self, _: &Res) -> Delivery {
        Delivery::Bare
    }

    fn on_end(&self, end: &End<'_, Unary<Req, Res>>) -> Verdict {
        let verdict = Verdict::of_end(end).unwrap_or(Verdict::new(Outcome::Success));
        let status = match verdict.outcome {
            Outcome::Success => Token::new(&"ok"),
            _ => Token::new(&"error"),
        };
        verdict.with_status(Some(status))
    }
}
