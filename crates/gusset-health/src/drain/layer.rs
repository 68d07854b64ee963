//! The layer.

use tower_layer::Layer;

use super::Drain;
use crate::{Health, Lifecycle};

/// Closes connections of HTTP/1 one by one while the service drains: with `Connection: close` on the
/// answers that it gives in the drain delay. Made by [`Health::drain_layer`].
///
/// Whoever keeps a connection alive through a balancer that looks at connections only, a Kubernetes
/// `Service` say, would otherwise send on it until the listener closes, and now and then in the very
/// moment in which it does. HTTP/2 has GOAWAY for that, which servers send by themselves when they
/// shut down.
///
/// It alters a header, and only while the service drains; before, it reads the phase. Belongs around
/// the whole router.
///
/// ```
/// use axum::Router;
/// use gusset_health::Health;
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let app: Router = Router::new().layer(health.drain_layer());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DrainLayer(Lifecycle);

impl Health {
    /// A layer that closes connections that are kept alive, while the service drains.
    pub fn drain_layer(&self) -> DrainLayer {
        DrainLayer(self.lifecycle().clone())
    }
}

// === impl DrainLayer ===

impl<S> Layer<S> for DrainLayer {
    type Service = Drain<S>;

    fn layer(&self, inner: S) -> Drain<S> {
        let life = self.0.clone();
        Drain { inner, life }
    }
}
