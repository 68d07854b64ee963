//! The layer.

use tower_layer::Layer;

use super::ConnectionDrain;
use crate::{Health, Lifecycle};

/// Closes HTTP/1 connections during a shutdown, by `Connection: close` on responses.
///
/// Returned by [`Health::connection_drain_layer`]. Some load balancers, such as a Kubernetes `Service`,
/// balance connections and not requests. Clients would keep sending on their connections until the
/// listener closes, and a request may then be lost. HTTP/2 servers send GOAWAY instead.
///
/// Wrap the whole router in it. Before the shutdown, it costs one atomic load per request.
///
/// ```
/// use axum::Router;
/// use gusset_health::Health;
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let app: Router = Router::new().layer(health.connection_drain_layer());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ConnectionDrainLayer(Lifecycle);

impl Health {
    /// Returns a layer that closes keep-alive connections during a shutdown.
    pub fn connection_drain_layer(&self) -> ConnectionDrainLayer {
        ConnectionDrainLayer(self.lifecycle().clone())
    }
}

// === impl ConnectionDrainLayer ===

impl<S> Layer<S> for ConnectionDrainLayer {
    type Service = ConnectionDrain<S>;

    fn layer(&self, inner: S) -> ConnectionDrain<S> {
        let lifecycle = self.0.clone();
        ConnectionDrain { inner, lifecycle }
    }
}
