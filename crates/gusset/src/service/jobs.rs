//! The jobs of a service.

use gusset_core::{ConfigError, Env};
use gusset_health::{Check, CheckResult, CheckSwitch, Health, HealthBuilder, InFlight};
use gusset_jobs::{JobBuilder, Jobs};

use super::{CallLayer, Gusset, JobObservers};
use crate::Telemetry;
use crate::kind::{ConfigureFn, Operations};

/// The jobs of a service, before it is built.
pub(super) struct JobSettings {
    jobs: Jobs,
    /// Switched on with the first job, so that a service without jobs has no check of them.
    check: CheckSwitch,
}

/// The jobs, and the layer that observes their runs.
pub(super) struct JobParts {
    pub(super) jobs: Jobs,
    check: CheckSwitch,
    pub(super) runs: CallLayer<Operations, InFlight>,
}

/// The name of the check of all jobs.
const CHECK: &str = "gusset.jobs";

// === impl JobSettings ===

impl JobSettings {
    pub(super) fn new(telemetry: &Telemetry) -> Self {
        Self {
            jobs: Jobs::new().with_recorder(telemetry.recorder()),
            check: CheckSwitch::new(),
        }
    }

    /// Adds the check of all jobs, which reads them when it runs: jobs are spawned after the health is built.
    pub(super) fn add_check(
        &self,
        configure: ConfigureFn<HealthBuilder>,
    ) -> ConfigureFn<HealthBuilder> {
        let (jobs, switch) = (self.jobs.clone(), self.check.clone());
        Box::new(move |health| {
            let check = Check::sync(CHECK, move || {
                let overdue = jobs.overdue();
                match overdue.is_empty() {
                    true => CheckResult::up(),
                    false => {
                        let overdue: Vec<_> = overdue.iter().map(ToString::to_string).collect();
                        CheckResult::degraded(overdue.join(", "))
                    }
                }
            });
            configure(health.health_check(check.switched_by(&switch)))
        })
    }
}

// === impl JobParts ===

impl JobParts {
    pub(super) fn new(
        settings: JobSettings,
        telemetry: &Telemetry,
        health: &Health,
        is_local: bool,
        env: Env<'_>,
    ) -> Result<Self, ConfigError> {
        let runs = telemetry.operations().build_parts(env)?;
        let runs = runs.count_in_flight(health.in_flight());
        let dispatch = is_local.then(|| telemetry.dispatch().clone());
        let JobSettings { jobs, check } = settings;
        Ok(Self {
            jobs,
            check,
            runs: CallLayer::new(runs, dispatch),
        })
    }
}

impl Gusset {
    /// Returns the builder of a job, which runs at intervals.
    ///
    /// Each run is an [`operation`](Self::operation) of this name. When the service drains, no run starts any more,
    /// and the shutdown waits for those in progress. Jobs that are overdue are degraded in the check `gusset.jobs`
    /// of `/healthz`, which is there from the first job on, and have a metric for the alert `JobDidNotRun`. Readiness
    /// does not change.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # async fn close_books() -> Result<(), std::io::Error> { Ok(()) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let day = Duration::from_secs(24 * 60 * 60);
    /// let nightly = gusset.job("nightly").every(day).spawn(close_books);
    /// # nightly.abort();
    /// # Ok(())
    /// # }
    /// ```
    pub fn job(&self, name: &'static str) -> JobBuilder<JobObservers> {
        let JobParts { jobs, check, runs } = &self.0.jobs;
        check.turn_on();
        jobs.job(name, runs.driver())
            .until(self.0.health.lifecycle().draining())
    }

    /// Returns the jobs, to read which of them are overdue.
    pub fn jobs(&self) -> &Jobs {
        &self.0.jobs.jobs
    }
}
