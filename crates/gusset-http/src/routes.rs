//! Endpoints by path, for a management server.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use gusset_core::ConfigError;
use http::Response;

use crate::{Endpoint, EndpointBody, EndpointResponse as _, RequestHead};

/// The response of a boxed endpoint.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Response<EndpointBody>> + Send>>;

type BoxEndpoint = Box<dyn Fn(RequestHead<'_>) -> ResponseFuture + Send + Sync>;

/// Endpoints by their paths.
///
/// ```
/// use gusset_http::{Endpoint, RequestHead, Routes};
/// # use http::Response;
/// # use std::future::{Ready, ready};
/// # struct Alive;
/// # impl Endpoint for Alive {
/// #     type Future = Ready<Response<http_body_util::Full<bytes::Bytes>>>;
/// #     fn answer(&self, _: RequestHead<'_>) -> Self::Future { ready(Response::new("alive".into())) }
/// # }
///
/// # fn main() -> Result<(), gusset_core::ConfigError> {
/// let routes = Routes::new().route("/livez", Alive)?;
/// let request = http::Request::get("/livez").body(()).expect("a request");
/// assert!(routes.answer(RequestHead::from(&request)).is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct Routes(BTreeMap<String, BoxEndpoint>);

/// A part that has endpoints for a management server: the scrape endpoint, the health probes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no endpoints for a management server",
    label = "not a part that can be mounted",
    note = "pass a scrape endpoint or health probes, or implement `Mount`; one endpoint is added by `route`"
)]
pub trait Mount: Send + Sync + 'static {
    /// Adds the endpoints.
    ///
    /// `reach` is which clients can connect, so that a part may refuse to show details to the
    /// network.
    ///
    /// # Errors
    /// If a path is taken, or the part must not be served to these clients.
    fn mount(&self, routes: Routes, reach: Reach) -> Result<Routes, ConfigError>;
}

/// Which clients can connect to a management server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// Clients on this machine.
    Loopback,
    /// Clients on the network.
    Network,
}

// === impl Routes ===

impl Routes {
    /// Creates an empty set of routes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an endpoint.
    ///
    /// # Errors
    /// If the path does not begin with `/`, or has an endpoint already.
    pub fn route(
        mut self,
        path: impl Into<String>,
        endpoint: impl Endpoint,
    ) -> Result<Self, ConfigError> {
        let path = path.into();
        if !path.starts_with('/') {
            return Err(ConfigError::new(
                "route",
                format_args!("`{path}` does not begin with `/`"),
            ));
        }
        if self.0.contains_key(&path) {
            return Err(ConfigError::new(
                "route",
                format_args!("`{path}` is mounted twice"),
            ));
        }
        let boxed: BoxEndpoint = Box::new(move |head| {
            let answer = endpoint.answer(head);
            Box::pin(async { answer.await.into_response() })
        });
        self.0.insert(path, boxed);
        Ok(self)
    }

    /// Returns the response of the endpoint at the request's path, or `None` if there is none.
    pub fn answer(&self, req: RequestHead<'_>) -> Option<ResponseFuture> {
        self.0.get(req.uri.path()).map(|endpoint| endpoint(req))
    }

    /// Returns the paths that have an endpoint, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
