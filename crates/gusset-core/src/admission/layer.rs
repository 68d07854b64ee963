use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use tower_layer::Layer;

use super::{Admission, Admitted, IntoServiceError, RespondWith};
use crate::{Clock, ErrorStatuses, Protocol};

/// Puts an admission policy in front of a service.
///
/// The state of the policy is in the layer value: its clones and everything that `layer()` creates
/// share it. A rejected call fails with the service's own error type, which has to be `From` the
/// rejection, or is answered by [`respond_with`](Self::respond_with).
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
///     .respond_with(|rejected: Rejected| rejected.to_string());
/// ```
pub struct AdmissionLayer<P, G, R = IntoServiceError> {
    pub(super) admission: Arc<G>,
    pub(super) respond: R,
    pub(super) clock: Clock,
    pub(super) error_statuses: Option<ErrorStatuses>,
    protocol: PhantomData<fn() -> P>,
}

// === impl AdmissionLayer ===

impl<P, G> AdmissionLayer<P, G> {
    /// Creates a layer that admits calls through `admission`.
    pub fn new(admission: G) -> Self
    where
        P: Protocol,
        G: Admission<P>,
    {
        Self {
            admission: Arc::new(admission),
            respond: IntoServiceError,
            clock: Clock::system(),
            error_statuses: None,
            protocol: PhantomData,
        }
    }
}

impl<P, G, R> AdmissionLayer<P, G, R> {
    /// Answers rejected calls with a response that `respond` creates from the rejection.
    ///
    /// If `respond` panics, the policy counts the panic, and it goes on to the caller like one of a handler:
    /// nothing else can make a response of the service's type.
    #[must_use]
    pub fn respond_with<F>(self, respond: F) -> AdmissionLayer<P, G, RespondWith<F>> {
        self.respond_by(RespondWith(respond))
    }

    /// Sets the type that turns rejections into results. For responses with any type of body, where a
    /// function would have to name the type; otherwise use [`respond_with`](Self::respond_with).
    ///
    /// ```
    /// use gusset_core::AdmissionLayer;
    /// use gusset_core::admission::IntoServiceError;
    ///
    /// # fn fail<P, A, R>(layer: AdmissionLayer<P, A, R>) {
    /// // Rejected calls fail with the error of the service, as by default.
    /// let layer = layer.respond_by(IntoServiceError::default());
    /// # }
    /// ```
    #[must_use]
    pub fn respond_by<T>(self, respond: T) -> AdmissionLayer<P, G, T> {
        AdmissionLayer {
            admission: self.admission,
            respond,
            clock: self.clock,
            error_statuses: self.error_statuses,
            protocol: PhantomData,
        }
    }

    /// Sets the clock. Defaults to the monotonic clock of the system.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the statuses that are errors, for the admission policy. Defaults to the rules of the protocol's
    /// classifier. A custom classifier may ignore them
    /// ([`Classify::with_error_statuses`](crate::Classify::with_error_statuses)).
    #[must_use]
    pub fn with_error_statuses(mut self, statuses: impl Into<Option<ErrorStatuses>>) -> Self {
        self.error_statuses = statuses.into();
        self
    }
}

impl<S, P, G, R: Clone> Layer<S> for AdmissionLayer<P, G, R> {
    type Service = Admitted<S, P, G, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Admitted {
            inner,
            ready_skipped: false,
            admission: self.admission.clone(),
            respond: self.respond.clone(),
            clock: self.clock.clone(),
            error_statuses: self.error_statuses,
            protocol: PhantomData,
        }
    }
}

impl<P, G, R: Clone> Clone for AdmissionLayer<P, G, R> {
    fn clone(&self) -> Self {
        Self {
            admission: self.admission.clone(),
            respond: self.respond.clone(),
            clock: self.clock.clone(),
            error_statuses: self.error_statuses,
            protocol: PhantomData,
        }
    }
}

impl<P, G, R> fmt::Debug for AdmissionLayer<P, G, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmissionLayer").finish_non_exhaustive()
    }
}
