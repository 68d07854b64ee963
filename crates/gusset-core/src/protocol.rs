//! Protocols: kinds of requests and responses, without their body types.

use crate::{CallObserver, CallTracker, Classification, End, ErrorStatuses, Failure, RequestKey};

/// A kind of requests and responses that observers and admission policies are written for, without
/// their body types: `Http`, `Grpc`, `RequestResponse<Job, Done>`.
///
/// A custom protocol, with jobs of any type and responses without a body:
///
/// ```
/// use gusset_core::{
///     ProtocolRequest, CallObserver, Classify, ProtocolResponse, ResponseKind, End, Outcome, Protocol, StaticStr, CallTracker, Classification,
/// };
///
/// struct Job<T> { queue: &'static str, payload: T }
/// enum Done { Kept, Rejected }
///
/// /// Observers see the name of the queue and whether the job was kept, and not the payload.
/// struct Queue;
///
/// impl Protocol for Queue {
///     type Request<'a> = &'a str;
///     type Response<'a> = &'a Done;
///     type Trailers = ();
///     type Classify = QueueClassifier;
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
/// struct QueueClassifier { rejected: bool }
///
/// impl Classify<Queue> for QueueClassifier {
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a protocol",
    label = "not a protocol of calls",
    note = "use `Http` or `Grpc` of gusset-http, or `RequestResponse<Req, Res>` for any other service"
)]
pub trait Protocol: Sized + 'static {
    /// The view of a request that observers get.
    type Request<'a>: Copy;
    /// The view of a response that observers get.
    type Response<'a>: Copy;
    /// What may follow the body.
    type Trailers: 'static;
    /// Per-call state, collected from the request and the response headers, that classifies the outcome.
    type Classify: Classify<Self>;

    /// Whether the calls are those of a client. A request that a server forwards is then another call, with own
    /// [fields](crate::field). Defaults to `false`.
    const IS_CLIENT: bool = false;

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

    /// Returns the failure of an error of the service or of its body. A protocol overrides it to look
    /// into error types that [`Failure::new`] does not know.
    fn failure<E: 'static>(error: &E) -> Failure<'_> {
        Failure::new(error)
    }
}

/// A protocol for requests of type `Req`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a protocol for requests of type `{Req}`",
    label = "requests of this service are not of this protocol",
    note = "`Http` is for `http::Request<B>` with any `B`; `RequestResponse<Req, Res>` is for `Req`"
)]
pub trait ProtocolRequest<Req>: Protocol {
    /// A cache of what the observers derive from one request, so that each attribute is derived once.
    /// The driver creates it at the start of the call; the view of the request borrows it.
    type Cache: Default;

    /// Returns the observers' view of the request.
    fn head<'a>(req: &'a Req, cache: &'a Self::Cache) -> Self::Request<'a>;
}

/// A protocol for responses of type `Res`. It decides when a response has been sent completely.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a protocol for responses of type `{Res}`",
    label = "responses of this service are not of this protocol",
    note = "`Http` is for `http::Response<B>` with any `B: http_body::Body` and a `'static` error; `RequestResponse<Req, Res>` is for `Res`"
)]
pub trait ProtocolResponse<Res>: Protocol {
    /// The response with the call attached to its body.
    type Tracked<C: CallObserver<Self>>;

    /// Reports the response headers to `track` and attaches it to the body.
    fn attach<C: CallObserver<Self>>(res: Res, track: CallTracker<Self, C>) -> Self::Tracked<C>;

    /// Marks a response that an admission policy created as rejected, if the protocol has a place for it.
    fn mark_rejected(_res: &mut Res, _rejected: &crate::Rejected) {}
}

/// Per-call state that classifies the outcome of the call.
///
/// If it panics, the call is served and observed, as a success if it completes, and the panic is counted
/// ([`classifier_panics`](crate::classifier_panics)).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not classify calls of `{P}`",
    label = "not a classifier of this protocol",
    note = "implement `Classify<{P}>` for it"
)]
pub trait Classify<P: Protocol>: Send + Sync + 'static {
    /// Whether a method may panic. `false` saves the few instructions that contain a panic. Defaults to
    /// `true`.
    const MAY_PANIC: bool = true;

    /// Collects what the classification needs from the request.
    fn start(req: P::Request<'_>) -> Self;

    /// Returns the classifier with the statuses that are errors, if the layer sets them. Called after
    /// [`start`](Self::start). Defaults to the classifier as it is, which has its own rules.
    #[must_use]
    fn with_error_statuses(self, _statuses: ErrorStatuses) -> Self
    where
        Self: Sized,
    {
        self
    }

    /// Collects what the classification needs from the response, and returns what follows its headers.
    fn on_response(&mut self, res: P::Response<'_>) -> ResponseKind;

    /// Returns whether a response is incomplete without its trailers. If so, a response that is dropped
    /// before them was cancelled, however much of its body was sent. Called after `on_response`.
    /// Defaults to `false`.
    fn needs_trailers(&self) -> bool {
        false
    }

    /// Classifies the outcome. Called once, before any observer is notified of the end.
    fn on_end(&self, end: &End<'_, P>) -> Classification;
}

/// What follows the headers of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a driver has to handle every case")]
pub enum ResponseKind {
    /// A body, possibly empty: the call ends with it.
    Body,
    /// The response cannot have a body: the call ends at its headers.
    NoBody,
    /// The connection is upgraded: the call ends at its response headers.
    Upgrade,
}
