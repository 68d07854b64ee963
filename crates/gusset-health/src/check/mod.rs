//! Checks: async functions that run in the background, and the status that follows from their results.

mod dependency;
mod metrics;
mod published_status;
mod run;
mod runner;
mod schedule;
mod status_machine;
mod switch;
mod tracked;
mod validation;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::dependency::DependencyKind;
pub use self::dependency::{
    LocalDependency, OptionalDependency, ReadinessCheck, RegisteredCheck, SharedDependency,
};
pub(crate) use self::published_status::Age;
use self::run::{RunFn, RunFuture};
pub(crate) use self::runner::CheckTask;
pub use self::switch::CheckSwitch;
pub(crate) use self::tracked::{CheckSnapshot, TrackedCheck};
pub(crate) use self::validation::validate_name;
use crate::CheckResult;

/// An async function that checks whether something works, and when to run it.
///
/// Checks run in the background, one run at a time. Probes never start a run. A run that exceeds the
/// timeout is dropped and counts as down, and so does a run that panics. The function must not block
/// the thread.
///
/// | setting | default |
/// |---|---|
/// | [`interval`](Self::interval) | 10 s, with 10 % jitter |
/// | [`timeout`](Self::timeout) | 2 s |
/// | [`initial_jitter`](Self::initial_jitter) | the interval |
/// | [`max_interval`](Self::max_interval) while down | 60 s |
/// | [`failure_threshold`](Self::failure_threshold) | 3 |
/// | [`success_threshold`](Self::success_threshold) | 2 |
/// | [`min_status_duration`](Self::min_status_duration) | 10 s |
/// | [`stale_after`](Self::stale_after) | three intervals |
///
/// The first result sets the status. Later results change it after enough consecutive failures or
/// successes.
///
/// ```
/// use std::time::Duration;
/// use gusset_health::{Check, CheckResult, Health, LocalDependency};
/// # #[derive(Clone)] struct Pool;
/// # impl Pool { async fn ping(&self) -> Result<Duration, std::io::Error> { Ok(Duration::ZERO) } }
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// # let pool = Pool;
///
/// let database = Check::new("orders-db", move || {
///     let pool = pool.clone();
///     async move {
///         match pool.ping().await {
///             Ok(time) if time > Duration::from_millis(500) => CheckResult::degraded("slow"),
///             Ok(_) => CheckResult::up(),
///             Err(error) => CheckResult::down(error.to_string()),
///         }
///     }
/// });
/// let health = Health::builder()
///     .readiness_check(LocalDependency(database.timeout(Duration::from_secs(1))))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a check runs only if it is added to a `Health`"]
pub struct Check {
    name: Cow<'static, str>,
    run: RunFn,
    interval: Duration,
    timeout: Duration,
    initial_jitter: Option<Duration>,
    max_interval: Duration,
    failure_threshold: u32,
    success_threshold: u32,
    min_status_duration: Duration,
    stale_after: Option<Duration>,
    switch: Option<CheckSwitch>,
}

// === impl Check ===

impl Check {
    /// Creates a check. The name is a label value: 1 to 60 letters, digits, `-`, `_` and `.`.
    pub fn new<F, T>(name: impl Into<Cow<'static, str>>, check: F) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output: Into<CheckResult>> + Send + 'static,
    {
        let run = move || -> RunFuture {
            let run = check();
            Box::pin(async move { run.await.into() })
        };
        Self {
            name: name.into(),
            run: Arc::new(run),
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(2),
            initial_jitter: None,
            max_interval: Duration::from_secs(60),
            failure_threshold: 3,
            success_threshold: 2,
            min_status_duration: Duration::from_secs(10),
            stale_after: None,
            switch: None,
        }
    }

    /// Creates a check of something in memory, such as a circuit breaker or the length of a queue.
    ///
    /// ```
    /// use gusset_health::{Check, CheckResult};
    /// # struct Breaker;
    /// # impl Breaker { fn is_open(&self) -> bool { false } }
    /// # let breaker = Breaker;
    ///
    /// let check = Check::sync("stock-breaker", move || match breaker.is_open() {
    ///     true => CheckResult::down("open"),
    ///     false => CheckResult::up(),
    /// });
    /// assert_eq!(check.name(), "stock-breaker");
    /// ```
    pub fn sync<F>(name: impl Into<Cow<'static, str>>, check: F) -> Self
    where
        F: Fn() -> CheckResult + Send + Sync + 'static,
    {
        // It cannot time out. A short timeout allows short intervals without setting `stale_after`.
        Self::new(name, move || std::future::ready(check())).timeout(Duration::from_secs(1))
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets the time from the end of one run to the start of the next. Defaults to 10 s.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the timeout of a run. Defaults to 2 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time within which the first run starts, at random. Defaults to the interval.
    pub fn initial_jitter(mut self, jitter: Duration) -> Self {
        self.initial_jitter = Some(jitter);
        self
    }

    /// Sets the longest interval while the check is down. The interval doubles up to it. Defaults to
    /// 60 s.
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.max_interval = interval;
        self
    }

    /// Sets the number of consecutive failures after which the check is down. Defaults to 3.
    pub fn failure_threshold(mut self, failures: u32) -> Self {
        self.failure_threshold = failures;
        self
    }

    /// Sets the number of consecutive successes after which the check is up again. Defaults to 2.
    pub fn success_threshold(mut self, successes: u32) -> Self {
        self.success_threshold = successes;
        self
    }

    /// Sets the shortest time between changes of the status. Defaults to 10 s.
    pub fn min_status_duration(mut self, duration: Duration) -> Self {
        self.min_status_duration = duration;
        self
    }

    /// Sets the age from which the last result is ignored and the status is unknown. Defaults to three
    /// intervals.
    pub fn stale_after(mut self, age: Duration) -> Self {
        self.stale_after = Some(age);
        self
    }

    /// Leaves the check out until the switch is on: it does not run, affects nothing, and is in no answer, metric or
    /// log event. Defaults to no switch.
    pub fn switched_by(mut self, switch: &CheckSwitch) -> Self {
        self.switch = Some(switch.clone());
        self
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
