//! Which lines are wanted, changed while the service runs.

use std::fmt;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use gusset_core::Clock;
use tracing::dispatcher::{self, Dispatch, WeakDispatch};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, callsite};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Filter};

use crate::writer::Queue;
use crate::{ConfigError, names};

/// Changes which lines are written while the service runs.
///
/// A filter is a list as `RUST_LOG` has it: `info`, or `warn,shop=debug,hyper=off`. The longest target
/// that fits decides. The spans of calls that `gusset-trace` makes are wanted only by a filter that names
/// them, `info,gusset::trace=info`: their ids stand on every line anyway, and a span that nobody wants is
/// not made.
///
/// ```
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// use std::time::Duration;
///
/// let log = gusset_log::LogLayer::builder().filter("info")?.writer(std::io::sink()).build()?;
/// let control = log.control.clone();
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// let subscriber = tracing_subscriber::registry().with(log.layer);
///
/// control.set("info,shop=trace")?;
/// control.set_for("debug", Duration::from_secs(600))?;
/// assert_eq!(control.filter(), "debug");
/// control.revert();
/// assert_eq!(control.filter(), "shop=trace,info");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

/// The filter of a [`LogLayer`](crate::LogLayer), for `tracing-subscriber`. It concerns that layer alone:
/// others beside it see all they ask for.
#[derive(Clone)]
pub struct LogFilter {
    shared: Arc<Shared>,
}

struct Shared {
    now: RwLock<Wanted>,
    /// What to go back to, and when.
    later: Mutex<Option<(Instant, Targets)>>,
    /// There is a `later`.
    is_passing: AtomicBool,
    /// The thread that looks at the time.
    queue: Arc<Queue>,
    /// The subscriber that the filter is part of.
    subscriber: Mutex<Option<WeakDispatch>>,
}

/// What is wanted now.
struct Wanted {
    targets: Targets,
    /// The spans of calls, which only a filter that names them wants.
    calls: bool,
}

/// A filter from its text.
pub(crate) fn parse(field: &str, filter: &str) -> Result<Targets, ConfigError> {
    Targets::from_str(filter).map_err(|error| ConfigError::new(field, error))
}

// === impl Control ===

impl Control {
    pub(crate) fn new(filter: Targets, queue: Arc<Queue>) -> Self {
        let shared = Shared {
            now: RwLock::new(filter.into()),
            later: Mutex::new(None),
            is_passing: AtomicBool::new(false),
            queue,
            subscriber: Mutex::new(None),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    pub(crate) fn as_filter(&self) -> LogFilter {
        LogFilter {
            shared: self.shared.clone(),
        }
    }

    /// Writes what this filter lets pass, from now on.
    ///
    /// # Errors
    /// If it is no filter; then all is as it was.
    pub fn set(&self, filter: &str) -> Result<(), ConfigError> {
        let filter = parse("filter", filter)?;
        *self.later() = None;
        self.shared.is_passing.store(false, Ordering::Release);
        self.shared.replace(filter);
        Ok(())
    }

    /// Writes what this filter lets pass for so long; then it is again as it was before the first of
    /// several such calls.
    ///
    /// # Errors
    /// If it is no filter; then all is as it was.
    pub fn set_for(&self, filter: &str, time: Duration) -> Result<(), ConfigError> {
        let filter = parse("filter", filter)?;
        let mut later = self.later();
        let before = match later.take() {
            Some((_, before)) => before,
            None => self.shared.filter(),
        };
        // What is further off than any clock goes stays.
        if let Some(end) = Clock::system().now().checked_add(time) {
            *later = Some((end, before));
        }
        self.shared
            .is_passing
            .store(later.is_some(), Ordering::Release);
        drop(later);
        self.shared.replace(filter);
        self.shared.queue.nudge();
        Ok(())
    }

    /// Goes back to what was before [`set_for`](Self::set_for), if its time is not over.
    pub fn revert(&self) {
        let later = self.later().take();
        self.shared.is_passing.store(false, Ordering::Release);
        if let Some((_, before)) = later {
            self.shared.replace(before);
        }
    }

    /// The filter, as text.
    pub fn filter(&self) -> String {
        self.shared.filter().to_string()
    }

    /// Learns what subscriber the filter is part of.
    pub(crate) fn is_part_of(&self, subscriber: &Dispatch) {
        let mut place = self.shared.subscriber.lock();
        let place = place.as_deref_mut().ok();
        if let Some(place) = place {
            *place = Some(subscriber.downgrade());
        }
    }

    /// When to go back.
    pub(crate) fn due(&self) -> Option<Instant> {
        if !self.shared.is_passing.load(Ordering::Acquire) {
            return None;
        }
        self.later().as_ref().map(|(end, _)| *end)
    }

    /// Goes back, if it is time.
    pub(crate) fn revert_if_due(&self, now: Instant) {
        if self.due().is_some_and(|end| end <= now) {
            self.revert();
        }
    }

    fn later(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Targets)>> {
        self.shared
            .later
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("filter", &self.filter())
            .finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    fn filter(&self) -> Targets {
        self.now
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .targets
            .clone()
    }

    fn replace(&self, filter: Targets) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = filter.into();
        // What each place in the code was told of our interest is not true any more. The lock is free
        // again: this asks every filter there is, ours too. Where there is only one subscriber, the one of
        // this thread is asked, which on the thread that writes would be none.
        let subscriber = self
            .subscriber
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .and_then(WeakDispatch::upgrade);
        match subscriber {
            Some(subscriber) => {
                dispatcher::with_default(&subscriber, callsite::rebuild_interest_cache);
            }
            None => callsite::rebuild_interest_cache(),
        }
    }

    #[inline]
    fn lets_pass(&self, metadata: &Metadata<'_>) -> bool {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        let is_call = metadata.is_span() && metadata.target() == names::CALLS;
        (now.calls || !is_call)
            && now
                .targets
                .would_enable(metadata.target(), metadata.level())
    }
}

// === impl Wanted ===

impl From<Targets> for Wanted {
    fn from(targets: Targets) -> Self {
        Self {
            calls: targets.iter().any(|(target, _)| target == names::CALLS),
            targets,
        }
    }
}

// === impl LogFilter ===

impl<S> Filter<S> for LogFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.shared.lets_pass(metadata)
    }

    /// Never *sometimes*: until the filter changes, the answer is the same, and after it everybody is
    /// asked again.
    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        match self.shared.lets_pass(metadata) {
            true => Interest::always(),
            false => Interest::never(),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let filter = self.shared.filter();
        let targets = filter.iter().map(|(_, level)| level);
        targets.chain(filter.default_level()).max()
    }
}

impl fmt::Debug for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogFilter")
            .field("filter", &self.shared.filter().to_string())
            .finish_non_exhaustive()
    }
}
