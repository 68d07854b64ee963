//! Watches objectives and ranges in the process, by the history of its metrics.

mod events;
mod metrics;
mod reading;
mod show;
mod status;
mod watch;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use gusset_data::{SharedRecorder, SharedStr, SteadyState, contain_recorder};
use gusset_history::History;

pub use self::status::{Change, Status, Watched};
use self::watch::Watch;
use crate::{AlertSeverity, ProposedRange, ServiceLevels, State};

type ChangeFn = Arc<dyn Fn(&Change) + Send + Sync>;

/// Watches the objectives and ranges of a service in its process. Cheap to clone; all clones are one monitor.
///
/// It is for what Prometheus does not see in time: development, injected faults, the minutes before a restart.
/// An alert that pages is a matter of Prometheus, which sees all instances. The monitor never changes readiness: an
/// instance that is slow because of a dependency would only pass its load to the others.
///
/// A change of a state is logged once, and counted in the metrics of [`names`](crate::names).
///
/// ```
/// use gusset_history::{History, Sampler};
/// use gusset_slo::{NormalRange, ServiceLevels};
/// # use std::sync::Arc;
/// # use gusset_data::{Metric, MetricProducer, SteadyState};
/// # struct Nothing;
/// # impl MetricProducer for Nothing { fn metrics(&self) -> Vec<Metric> { Vec::new() } }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (registry, recorder) = (Arc::new(Nothing), Arc::new(::metrics::NoopRecorder));
/// let levels = ServiceLevels::builder("shop")
///     .range(NormalRange::new("active", "http.server.active_requests").high(200.0))
///     .build()?;
/// let monitor = levels.monitor(recorder);
/// monitor.on_change(|change| println!("{change}"));
///
/// let history = History::builder().build()?;
/// let evaluate = monitor.evaluator(history.clone());
/// let sampler = Sampler::builder(history).producer(registry).after_reading(evaluate).start()?;
/// assert_eq!(monitor.violation(), None);
/// # sampler.stop();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Monitor(Arc<Shared>);

struct Shared {
    watches: Mutex<Vec<Watch>>,
    current: Mutex<Current>,
    /// Whether there is a violation, for calls of each request.
    is_violated: AtomicBool,
}

/// What readers see: the results of the last evaluation.
#[derive(Default)]
struct Current {
    status: Vec<Status>,
    proposals: Vec<ProposedRange>,
    violation: Option<SharedStr>,
    subscribers: Vec<ChangeFn>,
}

impl ServiceLevels {
    /// Creates the monitor of these objectives and ranges, with the states unknown.
    ///
    /// Its metrics go to `recorder`.
    pub fn monitor(&self, recorder: SharedRecorder) -> Monitor {
        let recorder = contain_recorder(recorder);
        let watches: Vec<_> = watch::of_levels(self, &recorder);
        let status = watches.iter().map(Watch::status).collect();
        Monitor(Arc::new(Shared {
            watches: Mutex::new(watches),
            current: Mutex::new(Current {
                status,
                ..Current::default()
            }),
            is_violated: AtomicBool::new(false),
        }))
    }
}

// === impl Monitor ===

impl Monitor {
    /// Evaluates all objectives and ranges at this time. Call it each 10 s, after a reading of the history.
    ///
    /// Subscribers run on this thread, with no lock held.
    pub fn evaluate(&self, history: &History, now: Instant) {
        let mut changes = Vec::new();
        let mut proposals = Vec::new();
        let status: Vec<Status> = {
            let mut watches = lock(&self.0.watches);
            for watch in watches.iter_mut() {
                let (change, proposal) = watch.evaluate(history, now);
                changes.extend(change);
                proposals.extend(proposal);
            }
            watches.iter().map(Watch::status).collect()
        };
        let violation = violation(&status);
        self.0
            .is_violated
            .store(violation.is_some(), Ordering::Release);
        proposals.iter().for_each(events::proposed);
        let subscribers = {
            let mut current = lock(&self.0.current);
            current.status = status;
            current.violation = violation;
            current.proposals.extend(proposals);
            current.subscribers.clone()
        };
        for change in &changes {
            events::changed(change);
            for subscriber in &subscribers {
                notify(subscriber, change);
            }
        }
    }

    /// Returns a function for [`SamplerBuilder::after_reading`](gusset_history::SamplerBuilder::after_reading).
    pub fn evaluator(&self, history: History) -> impl FnMut(Instant) + Send + 'static {
        let this = self.clone();
        move |now| this.evaluate(&history, now)
    }

    /// Calls a function for each change of a state, on the thread that evaluates. It must not block. A panic in it
    /// is contained.
    pub fn on_change(&self, f: impl Fn(&Change) + Send + Sync + 'static) {
        lock(&self.0.current).subscribers.push(Arc::new(f));
    }

    /// Returns the states of all objectives and ranges, in their order.
    pub fn status(&self) -> Vec<Status> {
        lock(&self.0.current).status.clone()
    }

    /// Returns the ranges that [learned](crate::Mode::Learned) ones have proposed.
    pub fn proposals(&self) -> Vec<ProposedRange> {
        lock(&self.0.current).proposals.clone()
    }
}

impl SteadyState for Monitor {
    /// Returns the objectives and ranges that are violated and have at least the severity `warning`.
    fn violation(&self) -> Option<SharedStr> {
        if !self.0.is_violated.load(Ordering::Acquire) {
            return None;
        }
        lock(&self.0.current).violation.clone()
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Monitor").field(&self.status()).finish()
    }
}

fn violation(status: &[Status]) -> Option<SharedStr> {
    let violated = status.iter().filter(|status| {
        status.state() == State::Violated && status.severity() >= AlertSeverity::Warning
    });
    let violated: Vec<_> = violated.map(ToString::to_string).collect();
    (!violated.is_empty()).then(|| violated.join("; ").into())
}

fn notify(subscriber: &ChangeFn, change: &Change) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| subscriber(change))) {
        // The destructor of the payload may panic as well.
        std::mem::forget(payload);
        tracing::warn!(
            target: events::TARGET,
            "a function that was subscribed to objectives and ranges panicked"
        );
    }
}

/// Locks a mutex. No code of the service runs while it is locked, so it is never poisoned by it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
