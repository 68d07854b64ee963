//! Protocols: families of messages, without their body types.

use crate::{CallObserver, CallTracker, Classification, End, Failure, RequestKey};

/// A family of messages that observers and guards are written for, without the types of its bodies:
/// `Http`, `Grpc`, `RequestResponse<Job, Done>`.
///
/// A protocol of one's own, with jobs of any type and answers that are there at once:
///
/// ```
/// use gusset_core::{
///     ProtocolRequest, CallObserver, Classify, ProtocolResponse, ResponseKind, End, Outcome, Protocol, StaticStr, CallTracker, Classification,
/// };
///
/// struct Job<T> { queue: &'static str, payload: T }
/// enum Done { Kept, Rejected }
///
/// /// Observers see the queue's name and whether the job was kept, and not the payload.
/// struct Queue;
///
/// impl Protocol for Queue {
///     type Request<'a> = &'a str;
///     type Response<'a> = &'a Done;
///     type Trailers = ();
///     type Classify = Judge;
/// }
///
/// impl<T> ProtocolRequest<Job<T>> for Queue {
///     type Cache = ();
///     fn head<'a>(job: &'a Job<T>, (): &'a ()) -> &'a str {
///         job.queue
///     }
/// }
///
/// impl ProtocolResponse<Done> for Queue {
///     type Tracked<C: CallObserver<Self>> = Done;
///     fn attach<C: CallObserver<Self>>(done: Done, mut track: CallTracker<Self, C>) -> Done {
///         track.on_response(&done);
///         track.end(End::Complete(None));
///         done
///     }
/// }
///
/// struct Judge { rejected: bool }
///
/// impl Classify<Queue> for Judge {
///     fn start(_: &str) -> Self {
///         Self { rejected: false }
///     }
///     fn on_response(&mut self, done: &Done) -> ResponseKind {
///         self.rejected = matches!(done, Done::Rejected);
///         ResponseKind::NoBody
///     }
///     fn on_end(&self, end: &End<'_, Queue>) -> Classification {
///         Classification::of_end(end).unwrap_or(if self.rejected {
///             Classification::new(Outcome::ClientError).with_status(Some(StaticStr::new(&"rejected")))
///         } else {
///             Classification::new(Outcome::Success)
///         })
///     }
/// }
///
/// let layer = gusset_core::ObserveLayer::<Queue, _>::new(());
/// ```
pub trait Protocol: Sized + 'static {
    /// What is seen of a request.
    type Request<'a>: Copy;
    /// What is seen of a response.
    type Response<'a>: Copy;
    /// What may follow the body.
    type Trailers: 'static;
    /// What is kept of a call's heads, to judge its end by.
    type Classify: Classify<Self>;

    /// Returns the key by which a request is recognised when it passes a second layer.
    ///
    /// Defaults to `None`: such a request is taken for the same one if the inner service is called
    /// while the outer one is, and not in a later poll of the outer future.
    fn key(_req: Self::Request<'_>) -> Option<RequestKey> {
        None
    }

    /// Returns whether a request had this key before a router changed it. Called only when a
    /// request with another key reaches an observer of the call that is polled.
    fn has_key(_req: Self::Request<'_>, _key: RequestKey) -> bool {
        false
    }

    /// The failure by an error of a service or of its body: the place to look into types that are
    /// known to be errors and that [`Failure::new`] does not know.
    fn failure<E: 'static>(error: &E) -> Failure<'_> {
        Failure::new(error)
    }
}

/// A protocol that a request of type `Req` belongs to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not speak requests of type `{Req}`",
    label = "requests of this service are not of this protocol",
    note = "`Http` speaks `http::Request<B>` for every `B`; `RequestResponse<Req, Res>` speaks `Req`"
)]
pub trait ProtocolRequest<Req>: Protocol {
    /// What observers of one request have derived from it, so that each attribute is derived once:
    /// interior mutability, created by the driver at the start of the call. `()` if nothing is
    /// worth keeping.
    type Cache: Default;

    /// Returns the observers' view of the request.
    fn head<'a>(req: &'a Req, cache: &'a Self::Cache) -> Self::Request<'a>;
}

/// A protocol that a response of type `Res` belongs to: hands it out, and decides when all of it
/// has been handed out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not speak responses of type `{Res}`",
    label = "responses of this service are not of this protocol",
    note = "`Http` speaks `http::Response<B>` for every `B: http_body::Body` whose error is `'static`; `RequestResponse<Req, Res>` speaks `Res`"
)]
pub trait ProtocolResponse<Res>: Protocol {
    /// The response with the call attached to what is still to come of it.
    type Tracked<C: CallObserver<Self>>;

    /// Tells `track` of the head, and attaches it to what is still to come of the response.
    fn attach<C: CallObserver<Self>>(res: Res, track: CallTracker<Self, C>) -> Self::Tracked<C>;

    /// Leaves the mark of a refusal on a response that a guard made, where the protocol has a place
    /// for it.
    fn mark_rejected(_res: &mut Res, _refused: &crate::Rejected) {}
}

/// What is kept of one call's heads, and the judgement of its end by them.
pub trait Classify<P: Protocol>: Send + Sync + 'static {
    /// Keeps of the request what the judgement needs.
    fn start(req: P::Request<'_>) -> Self;

    /// Keeps of the response what the judgement needs, and says what is to come after its head.
    fn on_response(&mut self, res: P::Response<'_>) -> ResponseKind;

    /// Whether a response is not whole without its trailers, however much of its body was handed out:
    /// dropped before them, it was abandoned. Asked after `on_response`.
    fn needs_trailers(&self) -> bool {
        false
    }

    /// The judgement. Called once, before any observer hears of the end.
    fn on_end(&self, end: &End<'_, P>) -> Classification;
}

/// What is to come after the head of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a driver has to handle every case")]
pub enum ResponseKind {
    /// A body, possibly empty: the call ends with it.
    Body,
    /// The response cannot have a body: the call ends at its head.
    NoBody,
    /// The connection changes hands: the call ends at its head.
    Upgrade,
}
