//! What calls do with their time: polled, scheduled or waiting; and those that block a thread.

mod builder;
mod call;
mod in_flight;
mod metrics;
mod routes;
mod settings;
mod slot;
mod source;
mod thread;
mod ticks;
mod times;
mod wake;
mod word;

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
/// - The time of calls is divided into [polled, scheduled and waiting](CallTimes): a route whose time is polled needs
///   CPU or blocks, one whose time is scheduled needs more threads or CPUs, and one whose time is waiting needs a faster
///   dependency.
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
/// It allocates nothing in steady state, and takes a lock of the call when its task is set and when it is woken. It reads the
/// counter of the processor twice a poll: some 770 instructions a call, and 986 if the call is woken once
/// (`docs/benchmarks.md`).
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

    /// Returns the same monitor for a layer with these options, by which routes are read.
    #[must_use]
    pub fn with_request_options(self, options: Arc<RequestOptions>) -> Self {
        Self { options, ..self }
    }

    /// Returns the time of the calls of each route. Calls in flight are included, up to a second ago.
    pub fn times(&self) -> Vec<(gusset_data::SharedStr, CallTimes)> {
        let all = self.routes.all().into_iter();
        let all = all.map(|sums| {
            let times = sums.totals().times.in_time(&sums.settings);
            (sums.name.text(), times)
        });
        all.collect()
    }
}

impl<R: HttpClassifier> Observer<Http<R>> for CallMonitor {
    type Call = MonitoredCall;

    #[inline]
    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> MonitoredCall {
        MonitoredCall::start(self.routes.get(self.options.route(req, R::SIDE)))
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
    fn start(&self, _: &Req, _: &mut CallContext) -> MonitoredCall {
        MonitoredCall::start(self.routes.get(None))
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
