//! The jobs of a service.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gusset_data::{SharedRecorder, contain_recorder};

use crate::overdue::OverdueJob;
use crate::state::JobState;

/// The jobs of a service. Creates them, and returns those that are overdue. Clones share the jobs.
///
/// ```
/// use std::time::Duration;
///
/// use gusset_core::{ObserveLayer, Operations};
/// use gusset_jobs::Jobs;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let jobs = Jobs::new();
/// let observers = ObserveLayer::<Operations, _>::new(());
/// let task = jobs
///     .job("reprice", &observers)
///     .every(Duration::from_secs(60))
///     .spawn(async || Ok::<_, std::io::Error>(()));
/// assert!(jobs.overdue().is_empty());
/// # task.abort();
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Jobs {
    jobs: Arc<Mutex<Vec<Arc<JobState>>>>,
    recorder: Option<SharedRecorder>,
}

// === impl Jobs ===

impl Jobs {
    /// Creates an empty set of jobs without metrics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the recorder of the metrics `gusset.job.*`. Defaults to none.
    #[must_use]
    pub fn with_recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(contain_recorder(recorder));
        self
    }

    /// Returns the jobs that have not succeeded for too long, in the order in which they were spawned.
    pub fn overdue(&self) -> Vec<OverdueJob> {
        self.lock().iter().filter_map(|job| job.overdue()).collect()
    }

    pub(crate) fn recorder(&self) -> Option<&SharedRecorder> {
        self.recorder.as_ref()
    }

    /// Adds a job. One of the same name that was spawned before is replaced.
    pub(crate) fn add(&self, state: &Arc<JobState>) {
        let mut jobs = self.lock();
        jobs.retain(|job| job.name != state.name);
        jobs.push(state.clone());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<JobState>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs")
            .field("jobs", &*self.lock())
            .finish_non_exhaustive()
    }
}
