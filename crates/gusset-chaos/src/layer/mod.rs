//! The layers.

mod errors;
mod future;
mod http_calls;
mod injected_call;
mod kind;
mod service_calls;

use std::fmt;
use std::task::{Context, Poll};

use gusset_http::Side;
use tower_layer::Layer;
use tower_service::Service;

pub use self::errors::{ErrorFn, MakeError, NoErrors};
pub use self::future::ChaosFuture;
pub use self::http_calls::HttpCalls;
use self::injected_call::InjectedCall;
pub use self::kind::CallKind;
use self::kind::OneInjection;
pub use self::service_calls::ServiceCalls;
use crate::{Chaos, InjectedError};

/// A layer that injects faults. Created by the methods of [`Chaos`].
///
/// It is the innermost layer, so that breakers, time-outs, retries and telemetry meet an injected fault as they would
/// meet a real one:
///
/// ```text
/// gusset.http()            ServiceBuilder: added first
/// timeout, authentication
/// chaos.http_server()      ServiceBuilder: added last
/// the service
/// ```
///
/// A service that is polled for readiness and then not called is dropped, so that a permit or a connection that it
/// reserved is free again. So it has to be `Clone`. Delays need a Tokio runtime with a timer; without a runtime, they are
/// skipped and counted.
#[derive(Clone)]
pub struct ChaosLayer<K, M = NoErrors> {
    chaos: Chaos,
    kind: K,
    make_error: M,
}

/// The service that a [`ChaosLayer`] creates.
#[derive(Clone)]
pub struct ChaosService<S, K, M = NoErrors> {
    inner: S,
    layer: ChaosLayer<K, M>,
}

// === impl Chaos ===

impl Chaos {
    /// Returns the layer of an HTTP server. Routes are those of the router, so it belongs inside of it: axum's
    /// `Router::layer` is.
    pub fn http_server(&self) -> ChaosLayer<HttpCalls> {
        self.layer(HttpCalls::new(Side::Server, false))
    }

    /// Returns the layer of an HTTP client. Routes are those of
    /// [`UrlTemplate`](gusset_http::UrlTemplate).
    pub fn http_client(&self) -> ChaosLayer<HttpCalls> {
        self.layer(HttpCalls::new(Side::Client, false))
    }

    /// Returns the layer of a gRPC server. Routes are the paths of methods.
    pub fn grpc_server(&self) -> ChaosLayer<HttpCalls> {
        self.layer(HttpCalls::new(Side::Server, true))
    }

    /// Returns the layer of a gRPC client. Routes are the paths of methods.
    pub fn grpc_client(&self) -> ChaosLayer<HttpCalls> {
        self.layer(HttpCalls::new(Side::Client, true))
    }

    /// Returns the layer of any other service. The name is its route in rules.
    ///
    /// It injects delays, errors, panics, hangs and cancellations.
    ///
    /// ```
    /// use gusset_chaos::{Chaos, InjectedError};
    /// use tower_layer::Layer;
    ///
    /// # fn main() -> Result<(), gusset_chaos::ConfigError> {
    /// # let database = tower::service_fn(async |id: u32| Ok::<_, std::io::Error>(id));
    /// let chaos = Chaos::builder().build_with(|_| None)?;
    /// let layer = chaos.service::<u32>("database").errors(std::io::Error::other::<InjectedError>);
    /// let database = layer.layer(database);
    /// # Ok(())
    /// # }
    /// ```
    pub fn service<Req>(&self, name: impl Into<String>) -> ChaosLayer<ServiceCalls<Req>> {
        self.layer(ServiceCalls::new(name.into()))
    }

    fn layer<K>(&self, kind: K) -> ChaosLayer<K> {
        ChaosLayer {
            chaos: self.clone(),
            kind,
            make_error: NoErrors,
        }
    }
}

// === impl ChaosLayer ===

impl<K, M> ChaosLayer<K, M> {
    /// Makes errors of the service's own type, for [`Fault::Error`](crate::Fault::Error) and
    /// [`Fault::Abort`](crate::Fault::Abort). Without it, rules with the first are skipped and counted.
    ///
    /// For boxed errors it is `BoxError::from`.
    pub fn errors<F, E>(self, make_error: F) -> ChaosLayer<K, ErrorFn<F>>
    where
        F: Fn(InjectedError) -> E + Clone,
    {
        ChaosLayer {
            chaos: self.chaos,
            kind: self.kind,
            make_error: ErrorFn(make_error),
        }
    }

    pub(crate) fn map_kind<J>(self, map: impl FnOnce(K) -> J) -> ChaosLayer<J, M> {
        ChaosLayer {
            chaos: self.chaos,
            kind: map(self.kind),
            make_error: self.make_error,
        }
    }
}

impl<S, K: Clone, M: Clone> Layer<S> for ChaosLayer<K, M> {
    type Service = ChaosService<S, K, M>;

    fn layer(&self, inner: S) -> ChaosService<S, K, M> {
        ChaosService {
            inner,
            layer: self.clone(),
        }
    }
}

impl<K: fmt::Debug, M> fmt::Debug for ChaosLayer<K, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosLayer")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

// === impl ChaosService ===

impl<S, Req, K, M> Service<Req> for ChaosService<S, K, M>
where
    S: Service<Req> + Clone,
    K: CallKind<Req, S::Response>,
    M: MakeError<S::Error>,
{
    type Response = K::Response;
    type Error = S::Error;
    type Future = ChaosFuture<S, Req, K, M>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Req) -> Self::Future {
        if self.layer.chaos.0.is_armed() {
            return self.call_armed(req);
        }
        ChaosFuture::untouched(self.inner.call(req))
    }
}

impl<S, K, M> ChaosService<S, K, M> {
    #[cold]
    fn call_armed<Req>(&mut self, mut req: Req) -> ChaosFuture<S, Req, K, M>
    where
        S: Service<Req> + Clone,
        K: CallKind<Req, S::Response>,
        M: MakeError<S::Error>,
    {
        let ChaosLayer {
            chaos,
            kind,
            make_error,
        } = &self.layer;
        let Some(OneInjection(injection)) = kind.decide(chaos, &mut req, M::CAN_MAKE) else {
            return ChaosFuture::untouched(self.inner.call(req));
        };
        // The clone is not ready, and the ready one goes with the call. If it is not called, it is dropped.
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        let call = InjectedCall::new(injection, ready, req, make_error.clone());
        ChaosFuture::injected(call)
    }
}

impl<S: fmt::Debug, K: fmt::Debug, M> fmt::Debug for ChaosService<S, K, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
