//! Checks: async functions that run in the background, and what they amount to.

mod attempt;
mod judge;
mod role;
mod runner;
mod schedule;
mod watched;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::attempt::Ending;
pub(crate) use self::judge::Rules;
pub use self::role::{Exclusive, Gate, Optional, Shared};
pub(crate) use self::role::{Role, Seal};
pub(crate) use self::runner::run;
pub(crate) use self::schedule::Schedule;
pub(crate) use self::watched::{Seen, Watched};
use crate::{ConfigError, Report};

/// One run of a check.
pub(crate) type OneRun = Pin<Box<dyn Future<Output = Report> + Send>>;
/// What makes a run.
pub(crate) type Run = Arc<dyn Fn() -> OneRun + Send + Sync>;

/// An async function that finds out whether something works, and when to run it.
///
/// It runs in the background, one run at a time, and never because somebody asked. A run that takes
/// longer than its time-out is dropped and counts as down; so does one that panics. It has to wait
/// without blocking, as all futures do.
///
/// | setting | unless set |
/// |---|---|
/// | [`interval`](Self::interval) | 10 s, ten percent more or less |
/// | [`timeout`](Self::timeout) | 2 s |
/// | [`spread`](Self::spread) of the first run | the interval |
/// | [`longest_wait`](Self::longest_wait), doubled to while down | 60 s |
/// | [`failures`](Self::failures), [`successes`](Self::successes) to change its mind | 3, 2 |
/// | [`min_time`](Self::min_time) in a status | 10 s |
/// | [`stale_after`](Self::stale_after) | three intervals |
///
/// The first result decides alone; later ones in rows, which the opposite result breaks.
///
/// ```
/// use std::time::Duration;
/// use gusset_health::{Check, Exclusive, Health, Report};
/// # #[derive(Clone)] struct Pool;
/// # impl Pool { async fn ping(&self) -> Result<Duration, std::io::Error> { Ok(Duration::ZERO) } }
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// # let pool = Pool;
///
/// let database = Check::new("orders-db", move || {
///     let pool = pool.clone();
///     async move {
///         match pool.ping().await {
///             Ok(took) if took > Duration::from_millis(500) => Report::degraded("slow to answer"),
///             Ok(_) => Report::up(),
///             Err(error) => Report::down(error.to_string()),
///         }
///     }
/// });
/// let health = Health::builder()
///     .ready(Exclusive(database.timeout(Duration::from_secs(1))))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a check runs once it was given to a `Health`"]
pub struct Check {
    name: Cow<'static, str>,
    run: Run,
    interval: Duration,
    timeout: Duration,
    spread: Option<Duration>,
    longest_wait: Duration,
    failures: u32,
    successes: u32,
    min_time: Duration,
    stale_after: Option<Duration>,
}

// === impl Check ===

impl Check {
    /// A check of that name: letters, digits, `-`, `_` and `.`, sixty at most. It is a label's value.
    pub fn new<F, T>(name: impl Into<Cow<'static, str>>, check: F) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output: Into<Report>> + Send + 'static,
    {
        let run = move || -> OneRun {
            let run = check();
            Box::pin(async move { run.await.into() })
        };
        Self {
            name: name.into(),
            run: Arc::new(run),
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(2),
            spread: None,
            longest_wait: Duration::from_secs(60),
            failures: 3,
            successes: 2,
            min_time: Duration::from_secs(10),
            stale_after: None,
        }
    }

    /// A check that looks at something in memory: the state of a circuit breaker, the length of a
    /// queue.
    ///
    /// ```
    /// use gusset_health::{Check, Report};
    /// # struct Breaker;
    /// # impl Breaker { fn is_open(&self) -> bool { false } }
    /// # let breaker = Breaker;
    ///
    /// let check = Check::state("stock-breaker", move || match breaker.is_open() {
    ///     true => Report::down("open"),
    ///     false => Report::up(),
    /// });
    /// assert_eq!(check.name(), "stock-breaker");
    /// ```
    pub fn state<F>(name: impl Into<Cow<'static, str>>, look: F) -> Self
    where
        F: Fn() -> Report + Send + Sync + 'static,
    {
        // It waits for nothing; a short interval is not to be refused for a time-out that never comes.
        Self::new(name, move || std::future::ready(look())).timeout(Duration::from_secs(1))
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets how long to wait from the end of one run to the next.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets how long a run may take; then it is dropped.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets within what time the first run comes, at random.
    pub fn spread(mut self, spread: Duration) -> Self {
        self.spread = Some(spread);
        self
    }

    /// Sets the longest wait between runs while down.
    pub fn longest_wait(mut self, longest: Duration) -> Self {
        self.longest_wait = longest;
        self
    }

    /// Sets how many failures in a row are down.
    pub fn failures(mut self, row: u32) -> Self {
        self.failures = row;
        self
    }

    /// Sets how many successes in a row are up again.
    pub fn successes(mut self, row: u32) -> Self {
        self.successes = row;
        self
    }

    /// Sets the least time in a status.
    pub fn min_time(mut self, time: Duration) -> Self {
        self.min_time = time;
        self
    }

    /// Sets after what time without a result nothing is known.
    pub fn stale_after(mut self, time: Duration) -> Self {
        self.stale_after = Some(time);
        self
    }

    pub(crate) fn parts(&self) -> Result<(Run, Duration, Schedule, Rules), ConfigError> {
        let Self {
            name: _,
            run,
            interval,
            timeout,
            spread,
            longest_wait,
            failures,
            successes,
            min_time,
            stale_after,
        } = self;
        self.check_name()?;
        let stale_after = stale_after.unwrap_or(interval.saturating_mul(3));
        let zero = |duration: &Duration| duration.is_zero();
        let refuse = |field: &str, why: &str| {
            Err(ConfigError::new(
                format!("checks.{}.{field}", self.name),
                why,
            ))
        };
        if zero(interval) {
            return refuse("interval", "it is zero");
        }
        if *interval > DAY {
            return refuse("interval", "it is longer than a day");
        }
        if zero(timeout) {
            return refuse("timeout", "it is zero");
        }
        if *timeout > DAY {
            return refuse("timeout", "it is longer than a day");
        }
        if *longest_wait > DAY {
            return refuse("longest_wait", "it is longer than a day");
        }
        if *min_time > DAY {
            return refuse("min_time", "it is longer than a day");
        }
        if spread.is_some_and(|spread| spread > DAY) {
            return refuse("spread", "it is longer than a day");
        }
        // With jitter, and with a run that takes all of its time.
        if stale_after < interval.mul_f64(1.1) + *timeout {
            return refuse(
                "stale_after",
                "a result would be too old before the next can be there: it is shorter than interval and timeout together",
            );
        }
        if stale_after > 7 * DAY {
            return refuse("stale_after", "it is longer than a week");
        }
        let [Some(failures), Some(successes)] =
            [failures, successes].map(|row| NonZeroU32::new(*row))
        else {
            let field = if *failures == 0 {
                "failures"
            } else {
                "successes"
            };
            return refuse(field, "it is zero");
        };
        let rules = Rules {
            failures: failures.get(),
            successes: successes.get(),
            min_time: *min_time,
            stale_after,
        };
        let schedule = Schedule::new(*interval, *longest_wait, spread.unwrap_or(*interval));
        Ok((run.clone(), *timeout, schedule, rules))
    }

    fn check_name(&self) -> Result<(), ConfigError> {
        let name = &*self.name;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > 60 || !name.bytes().all(fits) {
            return Err(ConfigError::new(
                format!("checks.{}", name.escape_default()),
                "a name is of letters, digits, `-`, `_` and `.`, and of one to sixty of them",
            ));
        }
        Ok(())
    }
}

const DAY: Duration = Duration::from_secs(86_400);

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
