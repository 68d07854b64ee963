//! One request, one response, no body that comes later: any `Service<Req>` that is not HTTP.

use std::marker::PhantomData;

use crate::{
    CallObserver, CallTracker, Classification, Classify, End, Outcome, Protocol, ProtocolRequest,
    ProtocolResponse, ResponseKind, StaticStr,
};

/// The protocol of a plain `Service<Req, Response = Res>`: a queue's consumer, a handler of jobs.
///
/// A call ends when the service's future does. What that is called, the rules `R` say: unless others
/// are named, `Ok` is success, and an error is the service's fault unless a guard refused the call.
///
/// ```
/// use gusset_core::{Classify, ResponseKind, End, Outcome, StaticStr, RequestResponse, Classification};
///
/// enum Done { Acknowledged, DeadLettered }
/// struct Rules { dead: bool }
/// type Consume = RequestResponse<Vec<u8>, Done, Rules>;
///
/// impl Classify<Consume> for Rules {
///     fn start(_: &Vec<u8>) -> Self {
///         Self { dead: false }
///     }
///     fn on_response(&mut self, done: &Done) -> ResponseKind {
///         self.dead = matches!(done, Done::DeadLettered);
///         ResponseKind::NoBody
///     }
///     fn on_end(&self, end: &End<'_, Consume>) -> Classification {
///         Classification::of_end(end).unwrap_or(if self.dead {
///             Classification::new(Outcome::ServerError).with_error(StaticStr::new(&"dead_lettered"))
///         } else {
///             Classification::new(Outcome::Success)
///         })
///     }
/// }
/// ```
pub struct RequestResponse<Req, Res, R = PlainClassifier>(PhantomProtocol<Req, Res, R>);

type PhantomProtocol<Req, Res, R> = PhantomData<fn(Req) -> (Res, R)>;

/// The rules of a [`RequestResponse`] call that names no others.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PlainClassifier;

// === impl RequestResponse ===

impl<Req: 'static, Res: 'static, R: Classify<Self>> Protocol for RequestResponse<Req, Res, R> {
    type Request<'a> = &'a Req;
    type Response<'a> = &'a Res;
    type Trailers = ();
    type Classify = R;
}

impl<Req: 'static, Res: 'static, R: Classify<Self>> ProtocolRequest<Req>
    for RequestResponse<Req, Res, R>
{
    type Cache = ();

    #[inline]
    fn head<'a>(req: &'a Req, (): &'a ()) -> &'a Req {
        req
    }
}

impl<Req: 'static, Res: 'static, R: Classify<Self>> ProtocolResponse<Res>
    for RequestResponse<Req, Res, R>
{
    type Tracked<C: CallObserver<Self>> = Res;

    #[inline]
    fn attach<C: CallObserver<Self>>(res: Res, mut track: CallTracker<Self, C>) -> Res {
        track.on_response(&res);
        track.end(End::Complete(None));
        res
    }
}

impl<Req, Res, R> std::fmt::Debug for RequestResponse<Req, Res, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RequestResponse")
    }
}

// === impl PlainClassifier ===

impl<Req: 'static, Res: 'static> Classify<RequestResponse<Req, Res>> for PlainClassifier {
    const MAY_PANIC: bool = false;

    fn start(_: &Req) -> Self {
        Self
    }

    fn on_response(&mut self, _: &Res) -> ResponseKind {
        ResponseKind::NoBody
    }

    fn on_end(&self, end: &End<'_, RequestResponse<Req, Res>>) -> Classification {
        let verdict = Classification::of_end(end).unwrap_or(Classification::new(Outcome::Success));
        let status = match verdict.outcome {
            Outcome::Success => StaticStr::new(&"ok"),
            _ => StaticStr::new(&"error"),
        };
        verdict.with_status(Some(status))
    }
}
