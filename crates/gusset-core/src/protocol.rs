//! Protocols: families of messages, without their body types.

use crate::{Call, End, Failure, Track, Verdict};

/// A family of messages that observers and guards are written for, without the types of its bodies:
/// `Http`, `Grpc`, `Unary<Job, Done>`.
///
/// A protocol of one's own, with jobs of any type and answers that are there at once:
///
/// ```
/// use gusset_core::{
///     Accept, Call, Classify, Deliver, Delivery, End, Outcome, Protocol, Token, Track, Verdict,
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
/// impl<T> Accept<Job<T>> for Queue {
///     fn head(job: &Job<T>) -> &str {
///         job.queue
///     }
/// }
///
/// impl Deliver<Done> for Queue {
///     type Tracked<C: Call<Self>> = Done;
///     fn deliver<C: Call<Self>>(done: Done, mut track: Track<Self, C>) -> Done {
///         track.respond(&done);
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
///     fn on_response(&mut self, done: &Done) -> Delivery {
///         self.rejected = matches!(done, Done::Rejected);
///         Delivery::Bare
///     }
///     fn on_end(&self, end: &End<'_, Queue>) -> Verdict {
///         Verdict::of_end(end).unwrap_or(if self.rejected {
///             Verdict::new(Outcome::CallerFault).with_status(Some(Token::new(&"rejected")))
///         } else {
///             Verdict::new(Outcome::Success)
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
    note = "`Http` speaks `http::Request<B>` for every `B`; `Unary<Req, Res>` speaks `Req`"
)]
pub trait Accept<Req>: Protocol {
    /// Borrows what is seen of the request.
    fn head(req: &Req) -> Self::Request<'_>;
}

/// A protocol that a response of type `Res` belongs to: hands it out, and decides when all of it
/// has been handed out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not speak responses of type `{Res}`",
    label = "responses of this service are not of this protocol",
    note = "`Http` speaks `http::Response<B>` for every `B: http_body::Body` whose error is `'static`; `Unary<Req, Res>` speaks `Res`"
)]
pub trait Deliver<Res>: Protocol {
    /// The response with the call attached to what is still to come of it.
    type Tracked<C: Call<Self>>;

    /// Tells `track` of the head, and attaches it to what is still to come of the response.
    fn deliver<C: Call<Self>>(res: Res, track: Track<Self, C>) -> Self::Tracked<C>;

    /// Leaves the mark of a refusal on a response that a guard made, where the protocol has a place
    /// for it.
    fn mark_refused(_res: &mut Res, _refused: &crate::Refused) {}
}

/// What is kept of one call's heads, and the judgement of its end by them.
pub trait Classify<P: Protocol>: Send + Sync + 'static {
    /// Keeps of the request what the judgement needs.
    fn start(req: P::Request<'_>) -> Self;

    /// Keeps of the response what the judgement needs, and says what is to come after its head.
    fn on_response(&mut self, res: P::Response<'_>) -> Delivery;

    /// Whether a response is not whole without its trailers, however much of its body was handed out:
    /// dropped before them, it was abandoned. Asked after `on_response`.
    fn needs_trailers(&self) -> bool {
        false
    }

    /// The judgement. Called once, before any observer hears of the end.
    fn on_end(&self, end: &End<'_, P>) -> Verdict;
}

/// What is to come after the head of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a driver has to handle every case")]
pub enum Delivery {
    /// A body, possibly empty: the call ends with it.
    Body,
    /// The response cannot have a body: the call ends at its head.
    Bare,
    /// The connection changes hands: the call ends at its head.
    Upgrade,
}
