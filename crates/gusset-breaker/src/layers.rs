//! Layers of a breaker.

use gusset_core::admission::IntoServiceError;
use gusset_core::{AdmissionLayer, Protocol};
use gusset_http::{
    GrpcClientClassifier, GrpcServerClassifier, Http, HttpClientClassifier, HttpServerClassifier,
};

use crate::classify::{FailureClassifier, GrpcFailures, HttpFailures, OutcomeFailures};
use crate::{CircuitBreaker, CircuitBreakerAdmission, RespondUnavailable};

/// A layer of a breaker.
///
/// Rejected calls fail with the error of the service, which must implement `From<CircuitOpen>`.
/// [`AdmissionLayer::respond_with`] returns a response instead. The layers for gRPC always respond, with
/// [`RespondUnavailable`].
pub type CircuitBreakerLayer<P, C, R = IntoServiceError> =
    AdmissionLayer<P, CircuitBreakerAdmission<C>, R>;

/// Layers.
///
/// They reject in `call`, and neither poll nor call the service while the breaker is open. All layers
/// of one breaker share its state.
impl CircuitBreaker {
    /// Returns a layer for an HTTP client. [`HttpFailures`] lists what counts as a failure.
    ///
    /// ```
    /// use gusset_breaker::{CircuitBreaker, CircuitOpen, http_response};
    ///
    /// let breaker = CircuitBreaker::builder("payments").build()?;
    /// let layer = breaker.http_client();
    /// // For a service whose error is not `From<CircuitOpen>`:
    /// let layer = breaker
    ///     .http_client()
    ///     .respond_with(|open: CircuitOpen| http_response::<String>(&open));
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn http_client(&self) -> CircuitBreakerLayer<Http<HttpClientClassifier>, HttpFailures> {
        self.layer_with(HttpFailures)
    }

    /// Returns a layer for an HTTP server. It protects a handler from its own requests.
    pub fn http_server(&self) -> CircuitBreakerLayer<Http<HttpServerClassifier>, HttpFailures> {
        self.layer_with(HttpFailures)
    }

    /// Returns a layer for a gRPC client. [`GrpcFailures`] lists what counts as a failure.
    ///
    /// Rejected calls get UNAVAILABLE, as from a server that cannot be reached ([`RespondUnavailable`]).
    ///
    /// ```
    /// use gusset_breaker::CircuitBreaker;
    ///
    /// let breaker = CircuitBreaker::builder("cart").build()?;
    /// let layer = breaker.grpc_client();
    /// // With tonic: `CartClient::new(ServiceBuilder::new().layer(layer).service(channel))`.
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn grpc_client(
        &self,
    ) -> CircuitBreakerLayer<Http<GrpcClientClassifier>, GrpcFailures, RespondUnavailable> {
        self.layer_with(GrpcFailures).respond_by(RespondUnavailable)
    }

    /// Returns a layer for a gRPC server. Rejected calls get UNAVAILABLE ([`RespondUnavailable`]).
    pub fn grpc_server(
        &self,
    ) -> CircuitBreakerLayer<Http<GrpcServerClassifier>, GrpcFailures, RespondUnavailable> {
        self.layer_with(GrpcFailures).respond_by(RespondUnavailable)
    }

    /// Returns a layer for any other service, with the outcome of its protocol.
    ///
    /// For [`RequestResponse`](gusset_core::RequestResponse), an error is a failure.
    ///
    /// ```
    /// use gusset_breaker::CircuitBreaker;
    /// use gusset_core::RequestResponse;
    ///
    /// let breaker = CircuitBreaker::builder("mail").build()?;
    /// let layer = breaker.layer::<RequestResponse<String, ()>>();
    /// # Ok::<(), gusset_breaker::ConfigError>(())
    /// ```
    pub fn layer<P: Protocol>(&self) -> CircuitBreakerLayer<P, OutcomeFailures> {
        self.layer_with(OutcomeFailures)
    }

    /// Returns a layer with a custom classifier, for example a
    /// [`classify_fn`](crate::classify::classify_fn).
    pub fn layer_with<P: Protocol, C: FailureClassifier<P>>(
        &self,
        classifier: C,
    ) -> CircuitBreakerLayer<P, C> {
        let core = self.core();
        AdmissionLayer::new(self.admission(classifier))
            .with_clock(core.clock.clone())
            .with_error_statuses(core.error_statuses)
    }

    /// Returns the admission without a layer, for a custom driver. The driver must use the clock of
    /// the breaker.
    pub fn admission<C>(&self, classifier: C) -> CircuitBreakerAdmission<C> {
        CircuitBreakerAdmission::new(self.clone(), classifier)
    }
}
