//! One request, one response, no body that comes later: any `Service<Req>` that is not HTTP.

use std::marker::PhantomData;

use crate::{
    Accept, Call, Classify, Deliver, Delivery, End, Outcome, Protocol, Token, Track, Verdict,
};

/// The protocol of a plain `Service<Req, Response = Res>`: a queue's consumer, a handler of jobs.
///
/// A call ends when the service's future does. What that is called, the rules `R` say: unless others
/// are named, `Ok` is success, and an error is the service's fault unless a guard refused the call.
///
/// ```
/// use gusset_core::{Classify, Delivery, End, Outcome, Token, Unary, Verdict};
///
/// enum Done { Acknowledged, DeadLettered }
/// struct Rules { dead: bool }
/// type Consume = Unary<Vec<u8>, Done, Rules>;
///
/// impl Classify<Consume> for Rules {
///     fn start(_: &Vec<u8>) -> Self {
///         Self { dead: false }
///     }
///     fn on_response(&mut self, done: &Done) -> Delivery {
///         self.dead = matches!(done, Done::DeadLettered);
///         Delivery::Bare
///     }
///     fn on_end(&self, end: &End<'_, Consume>) -> Verdict {
///         Verdict::of_end(end).unwrap_or(if self.dead {
///             Verdict::new(Outcome::ServiceFault).with_error(Token::new(&"dead_lettered"))
///         } else {
///             Verdict::new(Outcome::Success)
///         })
///     }
/// }
/// ```
pub struct Unary<Req, Res, R = UnaryRules>(Phantom<Req, Res, R>);

type Phantom<Req, Res, R> = PhantomData<fn(Req) -> (Res, R)>;

/// The rules of a [`Unary`] call that names no others.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UnaryRules;

// === impl Unary ===

impl<Req: 'static, Res: 'static, R: Classify<Self>> Protocol for Unary<Req, Res, R> {
    type Request<'a> = &'a Req;
    type Response<'a> = &'a Res;
    type Trailers = ();
    type Classify = R;
}

impl<Req: 'static, Res: 'static, R: Classify<Self>> Accept<Req> for Unary<Req, Res, R> {
    #[inline]
    fn head(req: &Req) -> &Req {
        req
    }
}

impl<Req: 'static, Res: 'static, R: Classify<Self>> Deliver<Res> for Unary<Req, Res, R> {
    type Tracked<C: Call<Self>> = Res;

    #[inline]
    fn deliver<C: Call<Self>>(res: Res, mut track: Track<Self, C>) -> Res {
        track.respond(&res);
        track.end(End::Complete(None));
        res
    }
}

impl<Req, Res, R> std::fmt::Debug for Unary<Req, Res, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unary")
    }
}

// === impl UnaryRules ===

impl<Req: 'static, Res: 'static> Classify<Unary<Req, Res>> for UnaryRules {
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
