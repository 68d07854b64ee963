//! The calls in a snapshot.

use std::cmp::Reverse;

use super::{CallMonitor, CallTimes, in_flight};
use crate::snapshot::{Route, Service, Snapshot};
use crate::source::Source;

/// The number of routes in a snapshot: those that were polled longest.
const MAX_ROUTES: usize = 20;

/// Fills in the calls of a snapshot. Created by [`CallMonitor::source`].
#[derive(Clone, Debug)]
pub struct CallSource(CallMonitor);

// === impl CallMonitor ===

impl CallMonitor {
    /// Returns the source of the calls in a [`Snapshot`]: the calls in flight, the age of the oldest, and of the 20
    /// busiest routes the number of calls, their times and their long polls.
    ///
    /// ```
    /// use gusset_system::{CallMonitor, Snapshot, Source as _};
    ///
    /// let monitor = CallMonitor::builder().build();
    /// let mut snapshot = Snapshot::default();
    /// monitor.source().read(&mut snapshot);
    /// assert_eq!(snapshot.service.in_flight, Some(0));
    /// ```
    pub fn source(&self) -> CallSource {
        CallSource(self.clone())
    }
}

// === impl CallSource ===

impl Source for CallSource {
    fn read(&mut self, snapshot: &mut Snapshot) {
        let Self(monitor) = self;
        let Service {
            in_flight,
            oldest_in_flight,
            routes,
            ..
        } = &mut snapshot.service;
        let readings = in_flight::read(&monitor.routes);
        let calls: usize = readings.values().map(|route| route.calls).sum();
        let oldest = readings.values().map(|route| route.oldest).max();
        *in_flight = Some(calls as u64);
        *oldest_in_flight = Some(oldest.unwrap_or_default());
        *routes = Some(monitor.busiest());
    }
}

impl CallMonitor {
    fn busiest(&self) -> Vec<Route> {
        let all = self.routes.all().into_iter();
        let mut routes: Vec<_> = all.map(|sums| (sums, sums.totals())).collect();
        routes.sort_by_key(|(_, totals)| Reverse(totals.times.polled));
        routes.truncate(MAX_ROUTES);
        let routes = routes.into_iter().map(|(sums, totals)| {
            let CallTimes {
                polled,
                scheduled,
                waiting,
            } = totals.times.in_time(&sums.settings);
            Route {
                name: sums.name.text(),
                calls: Some(totals.calls),
                polled: Some(polled),
                scheduled: Some(scheduled),
                waiting: Some(waiting),
                slow_polls: Some(totals.long_polls),
                ..Route::default()
            }
        });
        routes.collect()
    }
}
