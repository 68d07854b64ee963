//! A span for each attempt of a client, and its id on the way.

use gusset_core::{Observe, ObserveLayer};
use gusset_http::{GrpcClientClassifier, Http, HttpClassifier, HttpClientClassifier};
use tower_layer::Layer;

use crate::{ConfigError, Inject, InjectLayer, Trace};

/// A layer for clients that are Tower services, hyper-util's or a tonic channel: makes a span for each request
/// and sends its id with it.
///
/// Put it inside a retry layer, and each attempt has a span of its own;
/// [`ResendCount`](crate::ResendCount) says which attempt it is.
///
/// ```
/// use gusset_trace::{ClientLayer, Trace};
/// use tower_layer::Layer;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// # let client = "a client";
/// let layer = ClientLayer::new(Trace::client().build()?)?;
/// let client = layer.layer(client);
///
/// let error = ClientLayer::new(Trace::server().build()?).expect_err("not a client's");
/// assert_eq!(error.field(), "trace");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClientLayer<R = HttpClientClassifier> {
    observe: ObserveLayer<Http<R>, Trace>,
    inject: InjectLayer,
}

// === impl ClientLayer ===

impl ClientLayer {
    /// A layer for a client of HTTP with these spans, which are sent by their propagators.
    ///
    /// # Errors
    /// Names `trace` if its spans are others than those of [`Trace::client`].
    pub fn new(trace: Trace) -> Result<Self, ConfigError> {
        if !trace.is_client() {
            return Err(ConfigError::new(
                "trace",
                "its spans are not an HTTP client's",
            ));
        }
        Ok(Self::of(trace))
    }
}

impl ClientLayer<GrpcClientClassifier> {
    /// A layer for a client of gRPC with these spans, which are sent by their propagators.
    ///
    /// # Errors
    /// Names `trace` if its spans are others than those of [`Trace::grpc_client`].
    pub fn grpc(trace: Trace) -> Result<Self, ConfigError> {
        if !trace.is_grpc_client() {
            return Err(ConfigError::new(
                "trace",
                "its spans are not a gRPC client's",
            ));
        }
        Ok(Self::of(trace))
    }
}

impl<R: HttpClassifier> ClientLayer<R> {
    fn of(trace: Trace) -> Self {
        Self {
            inject: InjectLayer::new(trace.propagators().clone()),
            observe: ObserveLayer::new(trace),
        }
    }
}

impl<S, R> Layer<S> for ClientLayer<R> {
    type Service = Observe<Inject<S>, Http<R>, Trace>;

    fn layer(&self, inner: S) -> Self::Service {
        self.observe.layer(self.inject.layer(inner))
    }
}
