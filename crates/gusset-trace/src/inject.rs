//! The headers that a client sends for the current span.

use std::task::{Context, Poll};

use gusset_http::RequestId;
use gusset_propagation::{Propagator as _, Propagators};
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::current_context;

/// Writes the current span context, baggage and request id into the headers of each request.
///
/// Put it inside the observer of the client's spans, so that each attempt sends its own span;
/// [`ClientLayer`](crate::ClientLayer) combines the two. Without such an observer it sends the span of
/// the surrounding server call.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Http, HttpClientClassifier};
/// use gusset_trace::{InjectLayer, TraceObserver};
/// use tower_layer::Layer;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// # let (metrics, client) = ((), "a client");
/// let trace = TraceObserver::client().build()?;
/// let inject = InjectLayer::new(trace.propagators().clone());
/// // The observers of the client, in one layer.
/// let observe = ObserveLayer::<Http<HttpClientClassifier>, _>::new((trace, metrics));
/// let client = observe.layer(inject.layer(client));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct InjectLayer {
    propagators: Option<Propagators>,
}

/// The service of an [`InjectLayer`].
#[derive(Clone, Debug)]
pub struct Inject<S> {
    inner: S,
    propagators: Option<Propagators>,
}

// === impl InjectLayer ===

impl InjectLayer {
    /// Returns a layer that sends what these propagators write.
    pub fn new(propagators: Propagators) -> Self {
        Self {
            propagators: Some(propagators),
        }
    }

    /// Returns a layer that leaves requests unchanged, for services that disable it by a setting.
    pub fn disabled() -> Self {
        Self { propagators: None }
    }
}

impl Default for InjectLayer {
    /// Returns a layer that sends W3C Trace Context and W3C Baggage.
    fn default() -> Self {
        Self::new(Propagators::default())
    }
}

impl<S> Layer<S> for InjectLayer {
    type Service = Inject<S>;

    fn layer(&self, inner: S) -> Inject<S> {
        Inject {
            inner,
            propagators: self.propagators.clone(),
        }
    }
}

// === impl Inject ===

impl<S, B> Service<Request<B>> for Inject<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut req: Request<B>) -> S::Future {
        let Some(propagators) = &self.propagators else {
            return self.inner.call(req);
        };
        let scope = current_context::capture(None);
        propagators.inject(&scope.context, req.headers_mut());
        RequestId::with(|id| {
            if let Some(id) = id {
                id.insert_into(req.headers_mut());
            }
        });
        self.inner.call(req)
    }
}
