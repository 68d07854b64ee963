//! What calls do with their time: polled or waiting; and those that block a thread.

mod builder;
mod call;
mod in_flight;
mod metrics;
mod routes;
mod settings;
mod slot;
mod source;
mod thread;
mod times;

use std::fmt;
use std::sync::Arc;

use gusset_core::{CallContext, Classify, Observer, ObserverId, RequestResponse};
use gusset_http::{Http, HttpClassifier, RequestHead, RequestOptions};

pub use self::builder::CallMonitorBuilder;
pub use self::call::MonitoredCall;
pub use self::in_flight::{PollInProgress, RouteInFlight};
use self::routes::Routes;
pub use self::source::CallSource;
pub use self::times::CallTimes;

/// Observes what the calls of a service do with their time, by route.
///
/// - The time of calls is divided into [polled and waiting](CallTimes): a route whose time is polled needs
///   CPU or blocks, one whose time is waiting needs a faster dependency.
/// - A poll longer than 100 ms blocks its worker thread. It is counted, and one event a second names the route and the
///   thread ([`CallMonitorBuilder::long_poll`]).
/// - [`in_flight`](Self::in_flight) returns the oldest call in flight and the longest poll in progress of each route.
///   Histograms have only calls that ended, so a total hang looks like silence there.
///
/// Its metrics are in [`names`](crate::names). They are made when they are read: also while all threads of the
/// runtime are stuck, if a thread of another runtime reads them, as that of the management server.
///
/// Routes are templates and never paths. At most 1,000 are distinguished, and at most 65,536 calls are
/// [in flight](Self::in_flight) at once; more are only summed up.
///
/// It allocates nothing in steady state, takes no lock, and reads the clock twice a poll: some 1,300 instructions a call (`benches/calls`).
///
/// ```
/// use gusset_core::ObserveLayer;
/// use gusset_http::Http;
/// use gusset_system::CallMonitor;
///
/// let monitor = CallMonitor::builder().build();
/// let layer = ObserveLayer::<Http, _>::new(monitor.clone());
/// assert!(monitor.in_flight().is_empty());
/// ```
#[derive(Clone)]
pub struct CallMonitor {
    routes: Arc<Routes>,
    options: Arc<RequestOptions>,
}

// === impl CallMonitor ===

impl CallMonitor {
    /// Returns the calls in flight of each route that has had calls since the start, also of those without any now.
    ///
    /// Takes about 10 ns for each call that was ever in flight at once.
    pub fn in_flight(&self) -> Vec<RouteInFlight> {
        in_flight::by_route(&self.routes)
    }

    /// Returns the time of the calls of each route. Calls in flight are included, up to a second ago.
    pub fn times(&self) -> Vec<(gusset_data::SharedStr, CallTimes)> {
        let all = self.routes.all().into_iter();
        all.map(|sums| (sums.name.text(), sums.totals().nanos.into()))
            .collect()
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for CallMonitor {
    type Call = MonitoredCall;

    #[inline]
    fn start(&self, req: RequestHead<'_>, cx: &mut CallContext) -> MonitoredCall {
        MonitoredCall::start(&self.routes, self.options.route(req, R::SIDE), cx)
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.routes)
    }
}

impl<Req, Res, R> Observer<RequestResponse<Req, Res, R>> for CallMonitor
where
    Req: 'static,
    Res: 'static,
    R: Classify<RequestResponse<Req, Res, R>>,
{
    type Call = MonitoredCall;

    #[inline]
    fn start(&self, _: &Req, cx: &mut CallContext) -> MonitoredCall {
        MonitoredCall::start(&self.routes, None, cx)
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.routes)
    }
}

impl fmt::Debug for CallMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallMonitor").finish_non_exhaustive()
    }
}
