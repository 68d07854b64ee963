//! The sums of the calls of each route.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::SystemTime;

use gusset_core::Table;
use gusset_data::SharedStr;

use super::settings::Settings;
use super::times::TickTimes;

/// Calls of further routes are added up in one, as those of the metrics are.
const MAX_ROUTES: usize = 1000;

/// The longest route. A longer text is not a template.
const MAX_ROUTE_BYTES: usize = 256;

/// Sums of which threads write different ones, so that processors do not wait for each other.
const SHARDS: usize = 4;

/// The routes of a monitor.
#[derive(Debug)]
pub(super) struct Routes {
    /// Calls that no router has matched.
    none: Arc<RouteSums>,
    known: Table<Box<str>, Arc<RouteSums>>,
    /// Calls of routes over the limit.
    overflow: Arc<RouteSums>,
}

/// The sums of one route, and the settings that its calls need.
#[derive(Debug)]
pub(super) struct RouteSums {
    pub(super) routes: Weak<Routes>,
    pub(super) settings: Arc<Settings>,
    pub(super) name: RouteName,
    /// Its number among the routes.
    pub(super) index: u32,
    pub(super) since: SystemTime,
    shards: [Shard; SHARDS],
    long_polls: AtomicU64,
    /// Whether a call has started.
    is_used: AtomicBool,
}

/// The name of a route, as metrics have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RouteName {
    None,
    Known(SharedStr),
    Overflow,
}

/// On a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Shard {
    calls: AtomicU64,
    polled: AtomicU64,
    scheduled: AtomicU64,
    waiting: AtomicU64,
}

/// The sums of one route at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) calls: u64,
    pub(super) times: TickTimes,
    pub(super) long_polls: u64,
}

// === impl Routes ===

impl Routes {
    pub(super) fn new(settings: &Arc<Settings>) -> Arc<Self> {
        Arc::new_cyclic(|routes| Self {
            none: RouteSums::new(routes, settings, RouteName::None, 0),
            overflow: RouteSums::new(routes, settings, RouteName::Overflow, 1),
            known: Table::new(MAX_ROUTES),
        })
    }

    /// Returns the sums of a route.
    #[inline]
    pub(super) fn get(&self, route: Option<&str>) -> &Arc<RouteSums> {
        let Some(route) = route else {
            return &self.none;
        };
        match self.known.get(route) {
            Some(sums) => sums,
            None => self.add(route),
        }
    }

    #[cold]
    fn add(&self, route: &str) -> &Arc<RouteSums> {
        if route.len() > MAX_ROUTE_BYTES || self.known.is_full() {
            return &self.overflow;
        }
        let RouteSums {
            routes, settings, ..
        } = &*self.none;
        let sums = |len: usize| {
            // After the two that every monitor has.
            let index = u32::try_from(len + 2).expect("the limit fits 32 bits");
            RouteSums::new(
                routes,
                settings,
                RouteName::Known(SharedStr::new(route)),
                index,
            )
        };
        self.known
            .insert(route.into(), sums)
            .unwrap_or(&self.overflow)
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.none.settings
    }

    /// Returns the sums of all routes that have had calls, in the order of their numbers.
    pub(super) fn all(&self) -> Vec<&Arc<RouteSums>> {
        let unnamed = [&self.none, &self.overflow].into_iter();
        let known = self.known.iter().map(|(_, sums)| sums);
        let all = unnamed.chain(known).filter(|sums| sums.is_used());
        let mut all: Vec<_> = all.collect();
        all.sort_unstable_by_key(|sums| sums.index);
        all
    }
}

// === impl RouteSums ===

impl RouteSums {
    fn new(
        routes: &Weak<Routes>,
        settings: &Arc<Settings>,
        name: RouteName,
        index: u32,
    ) -> Arc<Self> {
        Arc::new(Self {
            routes: routes.clone(),
            settings: settings.clone(),
            name,
            index,
            since: SystemTime::now(),
            shards: Default::default(),
            long_polls: AtomicU64::new(0),
            is_used: AtomicBool::new(false),
        })
    }

    /// Marks the route as one that has had a call.
    #[inline]
    pub(super) fn set_used(&self) {
        // Read first: the line is shared by all processors as long as none writes to it.
        if !self.is_used() {
            self.is_used.store(true, Ordering::Relaxed);
        }
    }

    #[inline]
    fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    /// Adds what calls did. `ended` is whether a call has ended.
    #[inline]
    pub(super) fn add(&self, times: TickTimes, ended: bool) {
        let Shard {
            calls,
            polled,
            scheduled,
            waiting,
        } = &self.shards[shard()];
        // Relaxed: each is a sum of its own.
        calls.fetch_add(ended.into(), Ordering::Relaxed);
        polled.fetch_add(times.polled, Ordering::Relaxed);
        scheduled.fetch_add(times.scheduled, Ordering::Relaxed);
        waiting.fetch_add(times.waiting, Ordering::Relaxed);
    }

    pub(super) fn add_long_poll(&self) {
        self.long_polls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals {
            long_polls: self.long_polls.load(Ordering::Relaxed),
            ..Totals::default()
        };
        for shard in &self.shards {
            totals.calls += shard.calls.load(Ordering::Relaxed);
            totals.times.polled += shard.polled.load(Ordering::Relaxed);
            totals.times.scheduled += shard.scheduled.load(Ordering::Relaxed);
            totals.times.waiting += shard.waiting.load(Ordering::Relaxed);
        }
        totals
    }
}

// === impl RouteName ===

impl RouteName {
    /// Returns the text for people.
    pub(super) fn text(&self) -> SharedStr {
        match self {
            Self::None => SharedStr::from_static("(no route)"),
            Self::Known(name) => name.clone(),
            Self::Overflow => SharedStr::from_static("_OTHER"),
        }
    }
}

/// Returns the number of the shard of this thread.
#[inline]
fn shard() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static SHARD: usize = THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS;
    }
    SHARD.try_with(|shard| *shard).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_over_the_limit_share_their_sums() {
        let routes = Routes::new(&Arc::default());
        for number in 0..MAX_ROUTES {
            let sums = routes.get(Some(&format!("/{number}")));
            assert!(matches!(sums.name, RouteName::Known(_)));
        }
        for route in ["/one more", &"/".repeat(MAX_ROUTE_BYTES + 1)] {
            assert_eq!(routes.get(Some(route)).name, RouteName::Overflow);
        }
        assert_eq!(routes.get(Some("/7")).name.text(), "/7");
        assert_eq!(routes.get(None).name, RouteName::None);
    }

    #[test]
    fn sums_of_all_threads_are_added() {
        let routes = Routes::new(&Arc::default());
        let times = TickTimes {
            polled: 1,
            scheduled: 2,
            waiting: 3,
        };
        std::thread::scope(|scope| {
            for _ in 0..SHARDS * 2 {
                scope.spawn(|| routes.get(Some("/a")).add(times, true));
            }
        });
        let totals = routes.get(Some("/a")).totals();
        assert_eq!(totals.calls, 8);
        let expected = TickTimes {
            polled: 8,
            scheduled: 16,
            waiting: 24,
        };
        assert_eq!(totals.times, expected);
    }
}
