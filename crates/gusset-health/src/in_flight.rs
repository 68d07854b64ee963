//! Calls under way, by the driver's own count.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use gusset_core::{CallContext, CallObserver, Classify, End, Observer, Protocol, RequestResponse};
use gusset_http::{Http, HttpClassifier, RequestHead, Route};
use tokio::sync::Notify;

/// How many routes are told apart; what comes later counts as `_OTHER`.
const ROUTES: usize = 1000;
/// The name of calls on routes beyond that.
const OTHER: &str = "_OTHER";
/// The name of calls that no router has matched.
const NO_ROUTE: &str = "(no route)";

/// Counts the calls under way, so that a shutdown knows what it waits for: an observer for the same
/// layer as the others, made by [`Health::in_flight`](crate::Health::in_flight).
///
/// It counts by route: axum's own inside of its router (feature `axum`), or a
/// [`Route`] in the request's extensions; never by path. Two atomic operations a call,
/// and the lookup of its route.
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
pub struct InFlight(Arc<Counts>);

#[derive(Default)]
struct Counts {
    all: AtomicUsize,
    /// Somebody waits for the last call to end.
    awaited: AtomicUsize,
    idle: Notify,
    routes: RwLock<BTreeMap<Box<str>, Arc<AtomicUsize>>>,
}

/// A call that an [`InFlight`] counts.
#[derive(Debug)]
pub struct InFlightCall {
    counts: InFlight,
    route: Arc<AtomicUsize>,
}

// === impl InFlight ===

impl InFlight {
    /// How many calls are under way.
    pub fn count(&self) -> usize {
        self.0.all.load(Ordering::Acquire)
    }

    /// How many calls are under way on each route that has any, by its name.
    pub fn by_route(&self) -> Vec<(String, usize)> {
        let routes = self.0.routes.read().unwrap_or_else(PoisonError::into_inner);
        let counts = routes
            .iter()
            .map(|(route, count)| (route.to_string(), count.load(Ordering::Relaxed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// Ready when no call is under way.
    pub(crate) async fn idle(&self) {
        let Counts { awaited, idle, .. } = &*self.0;
        awaited.fetch_add(1, Ordering::SeqCst);
        let guard = Awaited(awaited);
        loop {
            // Asked for before the count is read, so that no end between the two is missed.
            let mut woken = std::pin::pin!(idle.notified());
            woken.as_mut().enable();
            if self.0.all.load(Ordering::SeqCst) == 0 {
                break;
            }
            woken.await;
        }
        drop(guard);
    }

    fn begin(&self, route: Option<&str>) -> InFlightCall {
        let route = self.route(route.unwrap_or(NO_ROUTE));
        self.0.all.fetch_add(1, Ordering::SeqCst);
        route.fetch_add(1, Ordering::Relaxed);
        InFlightCall {
            counts: self.clone(),
            route,
        }
    }

    fn route(&self, name: &str) -> Arc<AtomicUsize> {
        let routes = &self.0.routes;
        {
            let routes = routes.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = routes.get(name) {
                return count.clone();
            }
        }
        let mut routes = routes.write().unwrap_or_else(PoisonError::into_inner);
        let name = if routes.len() < ROUTES { name } else { OTHER };
        routes.entry(name.into()).or_default().clone()
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for InFlight {
    type Call = InFlightCall;

    #[inline]
    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> InFlightCall {
        self.begin(Route::from_request(req))
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
        let last = counts.0.all.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && counts.0.awaited.load(Ordering::SeqCst) > 0 {
            counts.0.idle.notify_waiters();
        }
    }
}

/// Somebody waits, as long as this lives.
struct Awaited<'a>(&'a AtomicUsize);

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
