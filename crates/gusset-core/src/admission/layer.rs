use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use tower_layer::Layer;

use super::{Admission, Admitted, IntoServiceError, RespondWith};
use crate::{Clock, Protocol};

/// A layer that puts a guard before a service.
///
/// The guard's state is in the layer's value: clones and everything that `layer()` makes share it.
/// A refused call fails with the service's own error type, which has to be `From` the refusal, or
/// is answered by [`respond_with`](Self::respond_with).
///
/// ```
/// use gusset_core::{CallObserver, CallContext, End, Admission, AdmissionLayer, Protocol, Rejected, RequestResponse};
///
/// struct Closed;
/// struct Permit;
///
/// impl<P: Protocol> Admission<P> for Closed {
///     type Permit = Permit;
///     type Rejection = Rejected;
///     fn admit(&self, _: P::Request<'_>, _: &mut CallContext) -> Result<Permit, Rejected> {
///         Err(Rejected::new("closed"))
///     }
/// }
///
/// impl<P: Protocol> CallObserver<P> for Permit {
///     fn on_end(self, _: End<'_, P>, _: &CallContext) {}
/// }
///
/// let layer = AdmissionLayer::<RequestResponse<u32, String>, _>::new(Closed)
///     .respond_with(|refused: Rejected| refused.to_string());
/// ```
pub struct AdmissionLayer<P, G, R = IntoServiceError> {
    guard: Arc<G>,
    respond: R,
    clock: Clock,
    protocol: PhantomData<fn() -> P>,
}

// === impl AdmissionLayer ===

impl<P, G> AdmissionLayer<P, G> {
    /// A layer for that guard.
    pub fn new(guard: G) -> Self
    where
        P: Protocol,
        G: Admission<P>,
    {
        Self {
            guard: Arc::new(guard),
            respond: IntoServiceError,
            clock: Clock::system(),
            protocol: PhantomData,
        }
    }
}

impl<P, G, R> AdmissionLayer<P, G, R> {
    /// Answers refused calls with a response that `respond` makes of the refusal.
    #[must_use]
    pub fn respond_with<F>(self, respond: F) -> AdmissionLayer<P, G, RespondWith<F>> {
        AdmissionLayer {
            guard: self.guard,
            respond: RespondWith(respond),
            clock: self.clock,
            protocol: PhantomData,
        }
    }

    /// With another clock than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl<S, P, G, R: Clone> Layer<S> for AdmissionLayer<P, G, R> {
    type Service = Admitted<S, P, G, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Admitted {
            inner,
            ready_skipped: false,
            guard: self.guard.clone(),
            respond: self.respond.clone(),
            clock: self.clock.clone(),
            protocol: PhantomData,
        }
    }
}

impl<P, G, R: Clone> Clone for AdmissionLayer<P, G, R> {
    fn clone(&self) -> Self {
        Self {
            guard: self.guard.clone(),
            respond: self.respond.clone(),
            clock: self.clock.clone(),
            protocol: PhantomData,
        }
    }
}

impl<P, G, R> fmt::Debug for AdmissionLayer<P, G, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmissionLayer").finish_non_exhaustive()
    }
}
