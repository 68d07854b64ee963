//! A span for each request of a client, and its ids in the headers.

use gusset_core::{Observe, ObserveLayer};
use gusset_http::{GrpcClientClassifier, Http, HttpClassifier, HttpClientClassifier};
use tower_layer::Layer;

use crate::{ConfigError, Inject, InjectLayer, TraceObserver};

/// Creates a span for each request of a client, and sends its span context in the headers.
///
/// The client can be any Tower service, such as one of hyper-util or a tonic channel. Inside a retry
/// layer, each attempt has its own span, numbered by [`ResendCount`](crate::ResendCount).
///
/// ```
/// use gusset_trace::{ClientLayer, TraceObserver};
/// use tower_layer::Layer;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// # let client = "a client";
/// let layer = ClientLayer::new(TraceObserver::client().build()?)?;
/// let client = layer.layer(client);
///
/// let error = ClientLayer::new(TraceObserver::server().build()?).expect_err("a server's observer");
/// assert_eq!(error.setting(), "trace");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClientLayer<R = HttpClientClassifier> {
    observe: ObserveLayer<Http<R>, TraceObserver>,
    inject: InjectLayer,
}

// === impl ClientLayer ===

impl ClientLayer {
    /// Returns a layer for an HTTP client. It sends what the propagators of `trace` write.
    ///
    /// # Errors
    /// If `trace` was not built by [`TraceObserver::client`]. The error's setting is `trace`.
    pub fn new(trace: TraceObserver) -> Result<Self, ConfigError> {
        if !trace.is_client() {
            return Err(ConfigError::new(
                "trace",
                "not built by `TraceObserver::client`",
            ));
        }
        Ok(Self::from_observer(trace))
    }
}

impl ClientLayer<GrpcClientClassifier> {
    /// Returns a layer for a gRPC client. It sends what the propagators of `trace` write.
    ///
    /// # Errors
    /// If `trace` was not built by [`TraceObserver::grpc_client`]. The error's setting is `trace`.
    pub fn grpc(trace: TraceObserver) -> Result<Self, ConfigError> {
        if !trace.is_grpc_client() {
            return Err(ConfigError::new(
                "trace",
                "not built by `TraceObserver::grpc_client`",
            ));
        }
        Ok(Self::from_observer(trace))
    }
}

impl<R: HttpClassifier> ClientLayer<R> {
    fn from_observer(trace: TraceObserver) -> Self {
        Self {
            inject: InjectLayer::new(trace.propagators().clone()),
            observe: ObserveLayer::new(trace),
        }
    }
}

impl<S, R> Layer<S> for ClientLayer<R> {
    type Service = Observe<Inject<S>, Http<R>, TraceObserver>;

    fn layer(&self, inner: S) -> Self::Service {
        self.observe.layer(self.inject.layer(inner))
    }
}
