//! The filter of log entries, which can be changed at run time.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use gusset_core::{Clock, ConfigError};
use tracing::dispatcher::{self, Dispatch, WeakDispatch};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, callsite};
use tracing_log::{AsLog as _, log};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Filter};

use crate::directives::parse;
use crate::names;
use crate::sync::{lock, read, write};
use crate::writer::Queue;

/// Changes the filter of log entries at run time.
///
/// A filter has the syntax of `RUST_LOG`: `info`, or `warn,shop=debug,hyper=off`. The longest matching
/// target decides. The request spans of `gusset-trace` are enabled only by a filter that names their
/// target: `info,gusset::trace=info`. Entries have the ids of these spans in any case, and a span that
/// is not enabled is not created. Directives for names and fields of spans are refused.
///
/// Access log entries and those of panics are of the whole service. A filter that only names other targets
/// (`shop=debug,hyper=off`) leaves them at `info`, and other entries of gusset, such as those about a setting, at
/// `warn`. A level for all targets applies to them too, and so does one for `gusset::access` or `gusset`:
///
/// | filter | access log entries |
/// |---|---|
/// | `shop=debug` | `info` |
/// | `debug`, `info,shop=debug` | all |
/// | `warn,shop=debug` | those of rejected calls and server errors |
/// | `error` | those of server errors |
/// | `off`, `off,shop=debug`, `shop=debug,gusset::access=off` | none |
///
/// Exported records have the same filter, unless
/// [`LogLayerBuilder::export_filter`](crate::LogLayerBuilder::export_filter) sets another.
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
#[derive(Clone, Debug)]
pub struct FilterHandle(Arc<FilterState>);

/// The filter of a [`LogLayer`](crate::LogLayer), for `tracing-subscriber`. It does not affect other
/// layers.
#[derive(Clone, Debug)]
pub struct LogFilter(Arc<FilterState>);

struct FilterState {
    /// The filter of entries, and of exported records unless they have their own.
    active: RwLock<ActiveFilter>,
    /// The filter of exported records.
    export: Option<ActiveFilter>,
    /// The filter to revert to, and when.
    reversion: Mutex<Option<(Instant, Targets)>>,
    /// The queue of the thread that reverts the filter.
    queue: Arc<Queue>,
    subscriber: Mutex<Option<WeakDispatch>>,
    /// Whether the logger of the `log` crate passed a probe to this filter.
    probed_by_log: AtomicBool,
}

/// The target of the record that reveals whether the logger of the `log` crate is that of `tracing-log`.
const PROBE_TARGET: &str = "gusset::log::probe";

/// The targets of entries of the whole service. A filter that only names other targets leaves them.
const ENTIRE_SERVICE: [(&str, LevelFilter); 3] = [
    (names::ACCESS_TARGET, LevelFilter::INFO),
    (names::PANIC_TARGET, LevelFilter::INFO),
    // Without them a typing error in a variable goes unnoticed.
    ("gusset", LevelFilter::WARN),
];

struct ActiveFilter {
    /// The filter as it was set.
    stated: Targets,
    /// The filter with the directives that follow for the entries of the whole service.
    effective: Targets,
    /// Whether the filter names the target of request spans.
    request_spans: bool,
}

// === impl FilterHandle ===

impl FilterHandle {
    pub(crate) fn new(filter: Targets, export: Option<Targets>, queue: Arc<Queue>) -> Self {
        Self(Arc::new(FilterState {
            active: RwLock::new(filter.into()),
            export: export.map(ActiveFilter::from),
            reversion: Mutex::new(None),
            queue,
            subscriber: Mutex::new(None),
            probed_by_log: AtomicBool::new(false),
        }))
    }

    pub(crate) fn to_filter(&self) -> LogFilter {
        LogFilter(self.0.clone())
    }

    /// Sets the filter.
    ///
    /// # Errors
    /// If the filter is not valid. The old one stays in use.
    pub fn set(&self, filter: &str) -> Result<(), ConfigError> {
        let filter = parse("filter", filter)?;
        *lock(&self.0.reversion) = None;
        self.0.replace(filter);
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
        let mut reversion = lock(&self.0.reversion);
        let before = match reversion.take() {
            Some((_, before)) => before,
            None => self.0.filter(),
        };
        // A time beyond the range of the clock never comes.
        if let Some(end) = Clock::system().now().checked_add(time) {
            *reversion = Some((end, before));
        }
        drop(reversion);
        self.0.replace(filter);
        self.0.queue.wake();
        Ok(())
    }

    /// Reverts a filter of [`set_temporarily`](Self::set_temporarily) now, if its time is not over.
    pub fn revert(&self) {
        let reversion = lock(&self.0.reversion).take();
        if let Some((_, before)) = reversion {
            self.0.replace(before);
        }
    }

    /// Returns the filter as text.
    pub fn filter(&self) -> String {
        self.0.filter().to_string()
    }

    /// Returns whether an enabled event is written.
    #[inline]
    pub(crate) fn writes(&self, metadata: &Metadata<'_>) -> bool {
        // With one filter, it is written because it is enabled.
        self.0.export.is_none() || read(&self.0.active).is_enabled(metadata)
    }

    /// Returns whether an enabled event is exported.
    #[inline]
    pub(crate) fn exports(&self, metadata: &Metadata<'_>) -> bool {
        let export = self.0.export.as_ref();
        export.is_none_or(|export| export.is_enabled(metadata))
    }

    /// Returns the subscriber of the layer. Takes a lock.
    pub(crate) fn subscriber(&self) -> Option<Dispatch> {
        lock(&self.0.subscriber).as_ref()?.upgrade()
    }

    pub(crate) fn set_subscriber(&self, subscriber: &Dispatch) {
        *lock(&self.0.subscriber) = Some(subscriber.downgrade());
    }

    pub(crate) fn reverts_at(&self) -> Option<Instant> {
        let reversion = lock(&self.0.reversion);
        reversion.as_ref().map(|(end, _)| *end)
    }

    pub(crate) fn revert_if_due(&self, now: Instant) {
        if self.reverts_at().is_some_and(|end| end <= now) {
            self.revert();
        }
    }
}

// === impl FilterState ===

impl FilterState {
    fn filter(&self) -> Targets {
        read(&self.active).stated.clone()
    }

    fn replace(&self, filter: Targets) {
        *write(&self.active) = filter.into();
        // Each callsite caches the answer of the old filter. The rebuild calls every filter, this one too,
        // so the lock must be free. With a single subscriber, `tracing` calls the one of this thread; the
        // writer's thread has none.
        let subscriber = lock(&self.subscriber).clone();
        match subscriber.and_then(|subscriber| subscriber.upgrade()) {
            Some(subscriber) => {
                dispatcher::with_default(&subscriber, || {
                    callsite::rebuild_interest_cache();
                    self.raise_max_level_of_log();
                });
            }
            None => callsite::rebuild_interest_cache(),
        }
    }

    /// Lets records of the `log` crate pass that the new filter enables. `tracing-subscriber` sets the
    /// maximum level of that crate once, to the one at the start.
    fn raise_max_level_of_log(&self) {
        let wanted = LevelFilter::current().as_log();
        if log::max_level() >= wanted {
            return;
        }
        // The process may have another logger, which must not log more.
        self.probed_by_log.store(false, Ordering::Relaxed);
        let mut probe = log::Metadata::builder();
        let probe = probe.level(log::Level::Error).target(PROBE_TARGET);
        log::logger().enabled(&probe.build());
        if self.probed_by_log.load(Ordering::Relaxed) {
            log::set_max_level(wanted);
        }
    }

    #[inline]
    fn is_enabled(&self, metadata: &Metadata<'_>) -> bool {
        let export = self.export.as_ref();
        read(&self.active).is_enabled(metadata)
            || export.is_some_and(|export| export.is_enabled(metadata))
    }
}

impl fmt::Debug for FilterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilterState")
            .field("filter", &self.filter().to_string())
            .finish_non_exhaustive()
    }
}

// === impl ActiveFilter ===

impl ActiveFilter {
    #[inline]
    fn is_enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_request_span = metadata.is_span() && metadata.target() == names::REQUEST_SPAN_TARGET;
        (self.request_spans || !is_request_span)
            && self
                .effective
                .would_enable(metadata.target(), metadata.level())
    }

    fn max_level(&self) -> Option<LevelFilter> {
        let targets = self.effective.iter().map(|(_, level)| level);
        targets.chain(self.effective.default_level()).max()
    }
}

impl From<Targets> for ActiveFilter {
    fn from(stated: Targets) -> Self {
        let mut effective = stated.clone();
        if stated.default_level().is_none() {
            for (own, level) in ENTIRE_SERVICE {
                if !stated.iter().any(|(target, _)| own.starts_with(target)) {
                    effective = effective.with_target(own, level);
                }
            }
        }
        Self {
            request_spans: stated
                .iter()
                .any(|(target, _)| target == names::REQUEST_SPAN_TARGET),
            stated,
            effective,
        }
    }
}

// === impl LogFilter ===

impl<S> Filter<S> for LogFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        if metadata.target() == PROBE_TARGET {
            self.0.probed_by_log.store(true, Ordering::Relaxed);
        }
        self.0.is_enabled(metadata)
    }

    /// Returns `always` or `never`: a new filter rebuilds the cached interests.
    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        match self.0.is_enabled(metadata) {
            true => Interest::always(),
            false => Interest::never(),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let export = self.0.export.as_ref().and_then(ActiveFilter::max_level);
        read(&self.0.active).max_level().max(export)
    }
}
