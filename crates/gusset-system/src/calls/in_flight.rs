//! What calls in flight are doing, read from another thread.

use std::collections::BTreeMap;
use std::time::Duration;

use gusset_data::SharedStr;

use super::routes::Routes;
use super::slot;

/// The calls in flight of one route.
///
/// It is read from memory, so also while every thread of the runtime is stuck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteInFlight {
    /// The route template; `(no route)` for calls that no router has matched, `_OTHER` for those of routes over the
    /// limit.
    pub route: SharedStr,
    /// The number of calls.
    pub calls: usize,
    /// The age of the oldest. Zero if there is none.
    pub oldest: Duration,
    /// The poll that has lasted longest and has not returned.
    pub longest_poll: Option<PollInProgress>,
}

/// A poll that has not returned: its thread runs no other task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollInProgress {
    /// How long it has lasted.
    pub duration: Duration,
    /// The number of the thread, as `top -H` shows it. Zero where it is unknown: on systems other than Linux.
    pub thread_id: u32,
}

/// The same, by the numbers of routes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct InFlight {
    pub(super) calls: usize,
    pub(super) oldest: Duration,
    pub(super) longest_poll: Option<PollInProgress>,
}

/// Returns the calls in flight by the number of their route.
pub(super) fn read(routes: &Routes) -> BTreeMap<u32, InFlight> {
    let settings = routes.settings();
    let readings = slot::readings(settings.monitor);
    // After the slots: no call is younger than nothing.
    let now = settings.ticks.now();
    let age = |since: u64| settings.duration(now.saturating_sub(since));
    let mut by_route = BTreeMap::<u32, InFlight>::new();
    for reading in readings {
        let route = by_route.entry(reading.route).or_default();
        route.calls += 1;
        route.oldest = route.oldest.max(age(reading.started));
        if let Some(since) = reading.polling_since {
            let duration = age(since);
            if route
                .longest_poll
                .is_none_or(|longest| longest.duration < duration)
            {
                route.longest_poll = Some(PollInProgress {
                    duration,
                    thread_id: reading.thread,
                });
            }
        }
    }
    by_route
}

/// Returns the calls in flight of every route that has had calls.
pub(super) fn by_route(routes: &Routes) -> Vec<RouteInFlight> {
    let mut in_flight = read(routes);
    let all = routes.all().into_iter().map(|sums| {
        let InFlight {
            calls,
            oldest,
            longest_poll,
        } = in_flight.remove(&sums.index).unwrap_or_default();
        RouteInFlight {
            route: sums.name.text(),
            calls,
            oldest,
            longest_poll,
        }
    });
    all.collect()
}
