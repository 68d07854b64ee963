//! Sends the place of the call under way with a client's requests.

use std::task::{Context, Poll};

use gusset_http::RequestId;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::propagate::Propagator as _;
use crate::{Propagators, current};

/// A layer that writes the span, the baggage and the request's id of the call under way into the
/// headers of each request.
///
/// It belongs inside the observer that makes the client's spans, so that each attempt has an id of its
/// own; [`ClientLayer`](crate::ClientLayer) is both. By itself it sends the span of the server's call.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::{Http, HttpClientClassifier};
/// use gusset_trace::{InjectLayer, Trace};
/// use tower_layer::Layer;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// # let (metrics, client) = ((), "a client");
/// let trace = Trace::client().build()?;
/// let inject = InjectLayer::new(trace.propagators().clone());
/// // With other observers of the same calls.
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
    /// A layer that sends by these propagators.
    pub fn new(propagators: Propagators) -> Self {
        Self {
            propagators: Some(propagators),
        }
    }

    /// A layer that sends nothing and leaves requests alone: for where a setting decides.
    pub fn disabled() -> Self {
        Self { propagators: None }
    }
}

impl Default for InjectLayer {
    /// Sends by W3C Trace Context and W3C Baggage.
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
        let place = current::place();
        propagators.inject(&place.context, req.headers_mut());
        RequestId::with_current(|id| {
            if let Some(id) = id {
                id.send(req.headers_mut());
            }
        });
        self.inner.call(req)
    }
}
