//! The phases of the request that is polled on this thread.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Registered;
use crate::time::between;
use crate::{TARGET, scope};

/// The sums of one request, in nanoseconds, by phase.
#[derive(Debug)]
pub(crate) struct RequestPhases {
    pub(crate) shared: Arc<Registered>,
    sums: Box<[AtomicU64]>,
}

/// Measures a phase until it is dropped. Created by [`phase`].
#[derive(Debug)]
#[must_use = "the phase ends when it is dropped"]
pub struct PhaseGuard(Option<Running>);

#[derive(Debug)]
struct Running {
    request: Arc<RequestPhases>,
    index: usize,
    started: u64,
}

thread_local! {
    static REQUEST: Cell<Option<Arc<RequestPhases>>> = const { Cell::new(None) };
}

static WARNED: AtomicBool = AtomicBool::new(false);

/// Begins a phase of the request that is polled in this task. It ends when the guard is dropped, also on another thread.
///
/// Repeated and parallel phases of one name are added up. Outside of a
/// [`ServerPhaseLayer`](super::ServerPhaseLayer) it does nothing; a name that is not registered is not measured, and warned
/// of once.
///
/// ```
/// let outside_of_a_request = gusset_client::phase("db");
/// ```
pub fn phase(name: &str) -> PhaseGuard {
    let Some(request) = scope::current(&REQUEST) else {
        return PhaseGuard(None);
    };
    let phases = &request.shared.phases;
    let Some(index) = phases.iter().position(|phase| phase.name == name) else {
        if !WARNED.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: TARGET,
                phase = name,
                "the phase is not registered and not measured: add it to `ServerPhases::builder`"
            );
        }
        return PhaseGuard(None);
    };
    PhaseGuard(Some(Running {
        started: request.shared.ticks.now(),
        request,
        index,
    }))
}

// === impl RequestPhases ===

impl RequestPhases {
    pub(crate) fn new(shared: &Arc<Registered>) -> Arc<Self> {
        let sums = shared.phases.iter().map(|_| AtomicU64::new(0));
        Arc::new(Self {
            sums: sums.collect(),
            shared: Arc::clone(shared),
        })
    }

    /// Makes the request the one that [`phase`] measures inside of `work`.
    pub(crate) fn enter<R>(slot: &mut Option<Arc<Self>>, work: impl FnOnce() -> R) -> R {
        scope::enter(&REQUEST, slot, work)
    }

    /// Returns the sums of the phases that have happened, in seconds, by index.
    pub(crate) fn sums(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let sums = self.sums.iter().enumerate();
        sums.filter_map(|(index, sum)| match sum.load(Ordering::Relaxed) {
            0 => None,
            nanoseconds => Some((index, between(0, nanoseconds).as_secs_f64())),
        })
    }
}

impl Drop for PhaseGuard {
    fn drop(&mut self) {
        if let Some(running) = self.0.take() {
            let now = running.request.shared.ticks.now();
            let time = now.saturating_sub(running.started);
            // At least one: a phase that took no time on a coarse clock has happened.
            running.request.sums[running.index].fetch_add(time.max(1), Ordering::Relaxed);
        }
    }
}
