//! The filter of log entries, which can be changed at run time.

use std::fmt;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use gusset_core::{Clock, ConfigError};
use tracing::dispatcher::{self, Dispatch, WeakDispatch};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, callsite};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Filter};

use crate::names;
use crate::writer::Queue;

/// Changes the filter of log entries at run time.
///
/// A filter has the syntax of `RUST_LOG`: `info`, or `warn,shop=debug,hyper=off`. The longest matching
/// target decides. The request spans of `gusset-trace` are enabled only by a filter that names their
/// target: `info,gusset::trace=info`. Entries have the ids of these spans in any case, and a span that
/// is not enabled is not created.
///
/// ```
/// # fn main() -> Result<(), gusset_log::ConfigError> {
/// use std::time::Duration;
///
/// let log = gusset_log::LogLayer::builder().filter("info")?.writer(std::io::sink()).build()?;
/// let filter_handle = log.filter_handle.clone();
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// let subscriber = tracing_subscriber::registry().with(log.layer);
///
/// filter_handle.set("info,shop=trace")?;
/// filter_handle.set_temporarily("debug", Duration::from_secs(600))?;
/// assert_eq!(filter_handle.filter(), "debug");
/// filter_handle.revert();
/// assert_eq!(filter_handle.filter(), "shop=trace,info");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FilterHandle {
    state: Arc<FilterState>,
}

/// The filter of a [`LogLayer`](crate::LogLayer), for `tracing-subscriber`. It does not affect other
/// layers.
#[derive(Clone)]
pub struct LogFilter {
    state: Arc<FilterState>,
}

struct FilterState {
    active: RwLock<ActiveFilter>,
    /// The filter to revert to, and when.
    reversion: Mutex<Option<(Instant, Targets)>>,
    /// Whether there is a `reversion`, to read without its lock.
    has_reversion: AtomicBool,
    /// The queue of the thread that reverts the filter.
    queue: Arc<Queue>,
    /// The subscriber that contains the filter.
    subscriber: Mutex<Option<WeakDispatch>>,
}

/// The filter in use.
struct ActiveFilter {
    targets: Targets,
    /// Whether the filter names the target of request spans.
    request_spans: bool,
}

/// Parses a filter; an error names `setting`.
pub(crate) fn parse(setting: &str, filter: &str) -> Result<Targets, ConfigError> {
    Targets::from_str(filter).map_err(|error| ConfigError::new(setting, error))
}

// === impl FilterHandle ===

impl FilterHandle {
    pub(crate) fn new(filter: Targets, queue: Arc<Queue>) -> Self {
        let state = FilterState {
            active: RwLock::new(filter.into()),
            reversion: Mutex::new(None),
            has_reversion: AtomicBool::new(false),
            queue,
            subscriber: Mutex::new(None),
        };
        Self {
            state: Arc::new(state),
        }
    }

    pub(crate) fn to_filter(&self) -> LogFilter {
        LogFilter {
            state: self.state.clone(),
        }
    }

    /// Sets the filter.
    ///
    /// # Errors
    /// If the filter is not valid. The old one stays in use.
    pub fn set(&self, filter: &str) -> Result<(), ConfigError> {
        let filter = parse("filter", filter)?;
        *self.reversion() = None;
        self.state.has_reversion.store(false, Ordering::Release);
        self.state.replace(filter);
        Ok(())
    }

    /// Sets the filter for a limited time.
    ///
    /// After that time, the filter is the one before the first of several temporary filters.
    ///
    /// # Errors
    /// If the filter is not valid. The old one stays in use.
    pub fn set_temporarily(&self, filter: &str, time: Duration) -> Result<(), ConfigError> {
        let filter = parse("filter", filter)?;
        let mut reversion = self.reversion();
        let before = match reversion.take() {
            Some((_, before)) => before,
            None => self.state.filter(),
        };
        // A time beyond the range of the clock never comes.
        if let Some(end) = Clock::system().now().checked_add(time) {
            *reversion = Some((end, before));
        }
        self.state
            .has_reversion
            .store(reversion.is_some(), Ordering::Release);
        drop(reversion);
        self.state.replace(filter);
        self.state.queue.wake();
        Ok(())
    }

    /// Reverts a filter of [`set_temporarily`](Self::set_temporarily) now, if its time is not over.
    pub fn revert(&self) {
        let reversion = self.reversion().take();
        self.state.has_reversion.store(false, Ordering::Release);
        if let Some((_, before)) = reversion {
            self.state.replace(before);
        }
    }

    /// Returns the filter as text.
    pub fn filter(&self) -> String {
        self.state.filter().to_string()
    }

    /// Sets the subscriber that contains the filter.
    pub(crate) fn set_subscriber(&self, subscriber: &Dispatch) {
        if let Ok(mut current) = self.state.subscriber.lock() {
            *current = Some(subscriber.downgrade());
        }
    }

    /// Returns when to revert the filter.
    pub(crate) fn reverts_at(&self) -> Option<Instant> {
        if !self.state.has_reversion.load(Ordering::Acquire) {
            return None;
        }
        self.reversion().as_ref().map(|(end, _)| *end)
    }

    /// Reverts the filter if its time is over.
    pub(crate) fn revert_if_due(&self, now: Instant) {
        if self.reverts_at().is_some_and(|end| end <= now) {
            self.revert();
        }
    }

    fn reversion(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Targets)>> {
        self.state
            .reversion
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FilterHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilterHandle")
            .field("filter", &self.filter())
            .finish_non_exhaustive()
    }
}

// === impl FilterState ===

impl FilterState {
    fn filter(&self) -> Targets {
        self.active
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .targets
            .clone()
    }

    fn replace(&self, filter: Targets) {
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = filter.into();
        // Each callsite caches the answer of the old filter. The rebuild calls every filter, this one too,
        // so the lock must be free. With a single subscriber, `tracing` calls the one of this thread; the
        // writer's thread has none.
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
    fn is_enabled(&self, metadata: &Metadata<'_>) -> bool {
        let active = self.active.read().unwrap_or_else(PoisonError::into_inner);
        let is_request_span = metadata.is_span() && metadata.target() == names::REQUEST_SPAN_TARGET;
        (active.request_spans || !is_request_span)
            && active
                .targets
                .would_enable(metadata.target(), metadata.level())
    }
}

// === impl ActiveFilter ===

impl From<Targets> for ActiveFilter {
    fn from(targets: Targets) -> Self {
        Self {
            request_spans: targets
                .iter()
                .any(|(target, _)| target == names::REQUEST_SPAN_TARGET),
            targets,
        }
    }
}

// === impl LogFilter ===

impl<S> Filter<S> for LogFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.state.is_enabled(metadata)
    }

    /// Returns `always` or `never`: a new filter rebuilds the cached interests.
    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        match self.state.is_enabled(metadata) {
            true => Interest::always(),
            false => Interest::never(),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let filter = self.state.filter();
        let targets = filter.iter().map(|(_, level)| level);
        targets.chain(filter.default_level()).max()
    }
}

impl fmt::Debug for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogFilter")
            .field("filter", &self.state.filter().to_string())
            .finish_non_exhaustive()
    }
}
