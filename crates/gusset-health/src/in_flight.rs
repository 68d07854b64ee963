//! The number of requests in flight.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use gusset_core::{
    CallContext, CallObserver, Classify, End, Observer, ObserverId, Operation, Operations,
    Protocol, RequestResponse,
};
use gusset_http::{Http, HttpClassifier, RequestHead, RequestOptions};
#[allow(unused_imports, reason = "for the documentation")]
use gusset_http::{Route, UrlTemplate};
use tokio::sync::Notify;

/// Requests on further routes count as [`OTHER_ROUTE`].
const MAX_ROUTES: usize = 1000;
const OTHER_ROUTE: &str = "_OTHER";
/// The name for requests that no router has matched.
const NO_ROUTE: &str = "(no route)";

/// An observer that counts the requests in flight, so that a shutdown can wait for them.
///
/// Returned by [`Health::in_flight`](crate::Health::in_flight). Counts by route, never by path: the
/// route of axum's router (feature `axum`), or a [`Route`] in the request's extensions. Requests of a
/// client are counted by their [`UrlTemplate`], and operations by their names. Costs two atomic operations per request and one lookup of
/// the route.
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_health::Health;
/// use gusset_http::Http;
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().build()?;
/// let layer = ObserveLayer::<Http, _>::new(health.in_flight());
/// assert_eq!(health.in_flight().count(), 0);
/// assert!(health.in_flight().by_route().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct InFlight {
    counts: Arc<Counts>,
    options: Arc<RequestOptions>,
}

#[derive(Debug, Default)]
struct Counts {
    total: AtomicUsize,
    /// The number of tasks that wait in `wait_idle`.
    waiters: AtomicUsize,
    idle: Notify,
    routes: RwLock<BTreeMap<Box<str>, Arc<AtomicUsize>>>,
}

/// The state of a request that an [`InFlight`] counts.
#[derive(Debug)]
pub struct InFlightCall {
    counts: Arc<Counts>,
    route: Arc<AtomicUsize>,
}

/// Unregisters a waiter on drop, because `wait_idle` may be cancelled.
struct WaiterGuard<'a>(&'a AtomicUsize);

// === impl InFlight ===

impl InFlight {
    /// Sets the options by which the route is read, so that the counts have a route that a function names
    /// ([`RequestOptions::with_route`]). The counts are shared with those of other options.
    ///
    /// ```
    /// use gusset_health::Health;
    /// use gusset_http::RequestOptions;
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), gusset_health::ConfigError> {
    /// let health = Health::builder().build()?;
    /// let options = RequestOptions::default().with_route(|_| Some("/{*path}"));
    /// let in_flight = health.in_flight().with_request_options(Arc::new(options));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_request_options(mut self, options: Arc<RequestOptions>) -> Self {
        self.options = options;
        self
    }

    /// Returns the number of requests in flight.
    pub fn count(&self) -> usize {
        self.counts.total.load(Ordering::Acquire)
    }

    /// Returns the number of requests in flight for each route that has any.
    pub fn by_route(&self) -> Vec<(String, usize)> {
        let routes = self
            .counts
            .routes
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let counts = routes
            .iter()
            .map(|(route, count)| (route.to_string(), count.load(Ordering::Relaxed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// Waits until no request is in flight.
    pub(crate) async fn wait_idle(&self) {
        let Counts { waiters, idle, .. } = &*self.counts;
        // Invariant: the waiter is registered before it reads the total, and `on_end` decrements the
        // total before it reads the waiters. Both sides need SeqCst, so that at least one of them
        // sees the other: either the total is 0 here, or `on_end` notifies.
        waiters.fetch_add(1, Ordering::SeqCst);
        let guard = WaiterGuard(waiters);
        loop {
            // Enabled before the total is read, so that a completion in between is not missed.
            let mut notified = std::pin::pin!(idle.notified());
            notified.as_mut().enable();
            if self.counts.total.load(Ordering::SeqCst) == 0 {
                break;
            }
            notified.await;
        }
        drop(guard);
    }

    fn begin(&self, route: Option<&str>) -> InFlightCall {
        let route = self.route(route.unwrap_or(NO_ROUTE));
        self.counts.total.fetch_add(1, Ordering::SeqCst);
        route.fetch_add(1, Ordering::Relaxed);
        InFlightCall {
            counts: self.counts.clone(),
            route,
        }
    }

    fn route(&self, name: &str) -> Arc<AtomicUsize> {
        let routes = &self.counts.routes;
        {
            let routes = routes.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = routes.get(name) {
                return count.clone();
            }
        }
        let mut routes = routes.write().unwrap_or_else(PoisonError::into_inner);
        let name = if routes.len() < MAX_ROUTES {
            name
        } else {
            OTHER_ROUTE
        };
        routes.entry(name.into()).or_default().clone()
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for InFlight {
    type Call = InFlightCall;

    #[inline]
    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> InFlightCall {
        self.begin(self.options.route(req, R::SIDE))
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.counts)
    }
}

impl<Req: 'static, Res: 'static, R: Classify<RequestResponse<Req, Res, R>>>
    Observer<RequestResponse<Req, Res, R>> for InFlight
{
    type Call = InFlightCall;

    #[inline]
    fn start(&self, _: &Req, _: &mut CallContext) -> InFlightCall {
        self.begin(None)
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.counts)
    }
}

impl Observer<Operations> for InFlight {
    type Call = InFlightCall;

    /// Counts by the name of the operation, so that a shutdown names what has not finished.
    #[inline]
    fn start(&self, operation: &Operation, _: &mut CallContext) -> InFlightCall {
        self.begin(Some(operation.name()))
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.counts)
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight")
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

// === impl InFlightCall ===

impl<P: Protocol> CallObserver<P> for InFlightCall {
    #[inline]
    fn on_end(self, _: End<'_, P>, _: &CallContext) {
        let Self { counts, route } = self;
        route.fetch_sub(1, Ordering::Relaxed);
        // See the invariant in `wait_idle`.
        let was_last = counts.total.fetch_sub(1, Ordering::SeqCst) == 1;
        if was_last && counts.waiters.load(Ordering::SeqCst) > 0 {
            counts.idle.notify_waiters();
        }
    }
}

// === impl WaiterGuard ===

impl Drop for WaiterGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
