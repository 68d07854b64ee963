//! What the series of a history say about the service.

use std::time::{Duration, Instant};

use gusset_data::SharedStr;
use gusset_history::{DecayRules, History, Selection, Selector, Window};
use gusset_system::{Dependency, Pool, Route, Snapshot};

use crate::{GrowingResource, Growth, Reading, SignInCounts, Signals};

/// Fills in what a history has of the service: routes, dependencies, pools, breakers, and what grows.
///
/// A series that does not exist leaves its value unknown. What a snapshot has already, for example from a
/// `CallMonitor`, stays.
///
/// | value | series |
/// |---|---|
/// | routes | `http.server.request.duration`, `rpc.server.call.duration` |
/// | dependencies | `http.client.request.duration`, `rpc.client.call.duration`, by `server.address` |
/// | pools | `db.client.connection.count`, `.max`, `.pending_requests`, `.wait_time` |
/// | open breakers | `gusset.breaker.state` |
/// | sign-ins | `gusset.sign_in.attempts`, `gusset.sign_in.max_failures` |
/// | growth of memory, descriptors, tasks | `process.memory.usage`, `process.unix.file_descriptor.count`, `gusset.tokio.alive_tasks` |
/// | growth of file systems | `system.filesystem.usage` |
///
/// ```
/// use gusset_diagnose::{HistorySource, Reading};
/// use gusset_history::History;
///
/// # fn main() -> Result<(), gusset_core::ConfigError> {
/// let source = HistorySource::new(History::builder().build()?);
/// let mut reading = Reading::default();
/// source.fill(gusset_core::Clock::system().now(), &mut reading);
/// assert_eq!(reading.signals.open_breakers, None, "nothing is recorded yet");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HistorySource {
    history: History,
    decay: DecayRules,
}

/// The intervals of the window of a percentile. In a longer one, the fast calls of before outnumber the slow ones of now.
const RECENT_INTERVALS: u32 = 3;
/// Where the usual time of a dependency ends: before the present trouble.
const USUAL_ENDS_BEFORE: Duration = Duration::from_secs(300);
/// The fewest calls from which a usual time is taken.
const MIN_USUAL_CALLS: f64 = 100.0;
/// The window of the share of sign-ins that fail.
const SIGN_IN_WINDOW: Duration = Duration::from_secs(600);
/// The routes and dependencies of a reading: those with the most calls.
const MAX_ENTRIES: usize = 20;

const SERVER_DURATION: &str = "http.server.request.duration";
const RPC_SERVER_DURATION: &str = "rpc.server.call.duration";
const CLIENT_DURATION: &str = "http.client.request.duration";
const RPC_CLIENT_DURATION: &str = "rpc.client.call.duration";
const ERROR_TYPE: &str = "error.type";
const NO_ADDRESS: &str = "address_not_available";

// === impl HistorySource ===

impl HistorySource {
    /// Creates a source that reads this history.
    pub fn new(history: History) -> Self {
        Self {
            history,
            decay: DecayRules::new(),
        }
    }

    /// Sets when growth is reported. Defaults to [`DecayRules::new`].
    #[must_use]
    pub fn decay(mut self, rules: DecayRules) -> Self {
        self.decay = rules;
        self
    }

    /// Fills in what the history knows at this time.
    pub fn fill(&self, now: Instant, reading: &mut Reading) {
        let Reading { snapshot, signals } = reading;
        self.fill_routes(now, snapshot);
        let service = &mut snapshot.service;
        if service.dependencies.is_none() {
            service.dependencies = self.dependencies(now);
        }
        if service.pools.is_none() {
            service.pools = self.pools(now);
        }
        *signals = Signals {
            open_breakers: self.open_breakers(now),
            growth: self.growth(now, snapshot),
            sign_ins: self.sign_ins(now),
            usual_dependency_p99: self.usual_times(now),
        };
    }

    fn select(&self, selector: &Selector, now: Instant, length: Duration) -> Option<Selection> {
        self.history.select(selector, Window::new(now, length))
    }

    fn recent(&self) -> Duration {
        RECENT_INTERVALS * self.history.interval()
    }

    /// Returns the calls of the last readings by the value of a label, those with the most calls first.
    fn calls_by(
        &self,
        metrics: [(&'static str, &'static str); 2],
        now: Instant,
    ) -> Option<Vec<(SharedStr, Selection)>> {
        let mut all = Vec::new();
        let mut is_known = false;
        for (metric, label) in metrics {
            if let Some(calls) = self.select(&Selector::new(metric), now, self.recent()) {
                is_known = true;
                all.extend(calls.group_by(label));
            }
        }
        let increase = |calls: &Selection| calls.increase().unwrap_or(0.0);
        all.sort_by(|a, b| increase(&b.1).total_cmp(&increase(&a.1)));
        all.truncate(MAX_ENTRIES);
        is_known.then_some(all)
    }

    /// Fills in the calls of each route, or adds what its source does not know.
    fn fill_routes(&self, now: Instant, snapshot: &mut Snapshot) {
        let metrics = [
            (SERVER_DURATION, "http.route"),
            (RPC_SERVER_DURATION, "rpc.method"),
        ];
        let Some(calls) = self.calls_by(metrics, now) else {
            return;
        };
        let is_filled = snapshot.service.routes.is_some();
        let routes = snapshot.service.routes.get_or_insert_default();
        for (name, calls) in calls {
            let known = routes.iter_mut().find(|route| route.name == name);
            let route = match known {
                Some(route) => route,
                None if is_filled => continue,
                None => {
                    let mut route = Route::default();
                    route.name = name;
                    routes.push(route);
                    routes.last_mut().expect("it was just pushed")
                }
            };
            route.calls = route.calls.or(whole(calls.last()));
            route.errors = whole(Some(failed(&calls)));
            route.p99 = seconds(calls.quantile(0.99));
        }
    }

    fn dependencies(&self, now: Instant) -> Option<Vec<Dependency>> {
        let metrics = [
            (CLIENT_DURATION, "server.address"),
            (RPC_CLIENT_DURATION, "server.address"),
        ];
        let calls = self.calls_by(metrics, now)?.into_iter();
        let dependencies = calls.map(|(name, calls)| {
            let mut dependency = Dependency::default();
            dependency.name = name;
            dependency.calls = whole(calls.last());
            dependency.errors = whole(Some(failed(&calls)));
            dependency.duration = seconds(calls.total_sum());
            dependency.p99 = seconds(calls.quantile(0.99));
            let by_error = calls.group_by(ERROR_TYPE);
            let failed = by_error.get(NO_ADDRESS).and_then(Selection::last);
            dependency.address_not_available = whole(Some(failed.unwrap_or(0.0)));
            dependency
        });
        Some(dependencies.collect())
    }

    /// Returns the pools that record OpenTelemetry's metrics of database clients.
    fn pools(&self, now: Instant) -> Option<Vec<Pool>> {
        const NAME: &str = "db.client.connection.pool.name";
        let select = |metric| self.select(&Selector::new(metric), now, self.recent());
        let size = select("db.client.connection.max")?.group_by(NAME);
        let used = Selector::new("db.client.connection.count");
        let used = used.label("db.client.connection.state", "used");
        let used = self
            .select(&used, now, self.recent())
            .map(|it| it.group_by(NAME));
        let waiting = select("db.client.connection.pending_requests").map(|it| it.group_by(NAME));
        let wait = select("db.client.connection.wait_time").map(|it| it.group_by(NAME));
        let pools = size.into_iter().map(|(name, size)| {
            let of_pool = |all: &Option<std::collections::BTreeMap<_, Selection>>| {
                all.as_ref().and_then(|all| all.get(&name).cloned())
            };
            let mut pool = Pool::default();
            pool.size = whole(size.last());
            pool.in_use = of_pool(&used).and_then(|it| whole(it.last()));
            pool.waiting = of_pool(&waiting).and_then(|it| whole(it.last()));
            pool.wait_p99 = of_pool(&wait).and_then(|it| seconds(it.quantile(0.99)));
            pool.name = name;
            pool
        });
        Some(pools.collect())
    }

    fn open_breakers(&self, now: Instant) -> Option<Vec<SharedStr>> {
        let states = self.select(&Selector::new("gusset.breaker.state"), now, self.recent())?;
        let open = states.series().iter().filter(|series| {
            series.label("gusset.breaker.state") == "open" && series.last() == Some(1.0)
        });
        let name = |series: &gusset_history::SelectedSeries| {
            SharedStr::new(series.label("gusset.breaker.name"))
        };
        Some(open.map(name).collect())
    }

    fn sign_ins(&self, now: Instant) -> Option<SignInCounts> {
        let attempts = Selector::new("gusset.sign_in.attempts");
        let attempts = self.select(&attempts, now, SIGN_IN_WINDOW)?;
        let failures = attempts.group_by("gusset.sign_in.outcome");
        let failures = failures.get("failure").and_then(Selection::increase);
        let most = Selector::new("gusset.sign_in.max_failures");
        let most = self.select(&most, now, self.recent());
        let most = most.map(|it| it.group_by("gusset.sign_in.subject"));
        let most_of = |subject| {
            let of_subject = most.as_ref().and_then(|all| all.get(subject));
            whole(of_subject.and_then(Selection::last)).unwrap_or(0)
        };
        Some(SignInCounts {
            attempts: whole(attempts.increase()).unwrap_or(0),
            failures: whole(failures).unwrap_or(0),
            max_account_failures: most_of("account"),
            max_client_failures: most_of("client"),
        })
    }

    fn usual_times(&self, now: Instant) -> Option<Vec<(SharedStr, Duration)>> {
        let end = now.checked_sub(USUAL_ENDS_BEFORE)?;
        let length = self.history.retention().saturating_sub(USUAL_ENDS_BEFORE);
        let calls = self.select(&Selector::new(CLIENT_DURATION), end, length)?;
        let by_name = calls.group_by("server.address").into_iter();
        let usual = by_name.filter_map(|(name, calls)| {
            let is_known = calls.increase()? >= MIN_USUAL_CALLS;
            let p99 = seconds(calls.quantile(0.99))?;
            is_known.then_some((name, p99))
        });
        Some(usual.collect())
    }

    /// Returns what grows, or `None` while the history is too short for that.
    fn growth(&self, now: Instant, snapshot: &Snapshot) -> Option<Vec<Growth>> {
        let hour = self.history.retention();
        let select = |metric| self.select(&Selector::new(metric), now, hour);
        let traffic = select(SERVER_DURATION);
        let memory = select("process.memory.usage");
        let is_long_enough = |it: &Selection| it.covered() >= self.decay.least_covered();
        if !memory.as_ref().is_some_and(is_long_enough) {
            return None;
        }
        let mut all = Vec::new();
        let mut add = |resource, series: Option<Selection>, limit: Option<f64>| {
            let decay = series
                .zip(limit)
                .and_then(|(series, limit)| series.decay(limit, traffic.as_ref(), &self.decay));
            all.extend(decay.map(|decay| {
                let per_hour = 3600.0 * decay.trend.per_second();
                let fit = decay.trend.r_squared();
                Growth::new(resource, per_hour, fit, decay.time_to_limit)
            }));
        };
        let limit = snapshot.effective_memory().map(number);
        add(GrowingResource::Memory, memory, limit);
        let files = select("process.unix.file_descriptor.count");
        let limit = snapshot.process.open_files_limit.map(number);
        add(GrowingResource::OpenFiles, files, limit);
        let tasks = select("gusset.tokio.alive_tasks");
        let twice = tasks
            .as_ref()
            .and_then(Selection::last)
            .map(|tasks| 2.0 * tasks);
        add(GrowingResource::Tasks, tasks, twice);
        let used = Selector::new("system.filesystem.usage");
        let used = used.label("system.filesystem.state", "used");
        let used = self.select(&used, now, hour);
        let used = used.map(|it| it.group_by("system.filesystem.mountpoint"));
        for filesystem in snapshot.host.filesystems.iter().flatten() {
            let of_this = used
                .as_ref()
                .and_then(|all| all.get(&filesystem.mountpoint));
            // What is left, and what is used already.
            let limit = filesystem.available.zip(of_this.and_then(Selection::last));
            let limit = limit.map(|(available, used)| used + number(available));
            let resource = GrowingResource::Filesystem(filesystem.mountpoint.clone());
            add(resource, of_this.cloned(), limit);
        }
        Some(all)
    }
}

/// Returns the number of calls that failed, since the start.
fn failed(calls: &Selection) -> f64 {
    let groups = calls.group_by(ERROR_TYPE).into_iter();
    let failed = groups.filter(|(error, _)| !error.is_empty());
    failed.filter_map(|(_, calls)| calls.last()).sum()
}

fn seconds(seconds: Option<f64>) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds?).ok()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of a history are whole and not negative"
)]
fn whole(count: Option<f64>) -> Option<u64> {
    count.map(|count| count.max(0.0) as u64)
}

#[expect(clippy::cast_precision_loss, reason = "limits need not be exact")]
fn number(count: u64) -> f64 {
    count as f64
}
