//! Experiments: a steady state, faults, and a conclusion with its evidence.
//!
//! The order is that of the [Principles of Chaos Engineering](https://principlesofchaos.org): the steady state is
//! checked, faults are injected, promises are checked meanwhile, and the steady state has to come back.

mod report;
mod run;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_data::SteadyState;

pub use self::report::{Conclusion, Evidence, Phase, Report};
use crate::Arming;

/// A function that returns evidence that all is well, or what is not.
type Check = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// An experiment, to be [run](Self::run). Created by [`experiment`].
#[derive(Clone)]
#[must_use = "an experiment has to be run"]
pub struct Experiment {
    name: String,
    arming: Arming,
    steady_state: Vec<(String, Check)>,
    promises: Vec<(String, Check)>,
    duration: Duration,
    interval: Duration,
    recovery: Duration,
    #[cfg(feature = "process")]
    assault: Option<crate::process::Assault>,
}

/// Creates an experiment without conditions, of one minute.
///
/// ```
/// use gusset_chaos::{Chaos, Fault, Rule, RuleSet, experiment};
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use std::sync::Arc;
/// use std::time::Duration;
/// use tower::{Service as _, ServiceExt as _};
/// use tower_layer::Layer as _;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rules = RuleSet::new([Rule::new("lost").every_nth(2).fault(Fault::Error)])?;
/// let chaos = Chaos::builder().rules(rules).environment("test").build_with(|_| None)?;
/// let stock = tower::service_fn(async |item: u32| Ok::<_, String>(item));
/// let mut stock = chaos.service("stock").errors(|error| error.to_string()).layer(stock);
///
/// let lost = Arc::new(AtomicU32::new(0));
/// let seen = lost.clone();
/// let report = experiment("one of two calls is lost")
///     .duration(Duration::from_secs(30))
///     .promise("at most ten are lost", move || match seen.load(Ordering::Relaxed) {
///         lost @ 0..=10 => Ok(format!("{lost} lost")),
///         lost => Err(format!("{lost} lost")),
///     })
///     .run(&chaos, async {
///         for item in 0..10 {
///             let answer = stock.ready().await.expect("it is always ready").call(item).await;
///             lost.fetch_add(u32::from(answer.is_err()), Ordering::Relaxed);
///         }
///     })
///     .await;
/// report.assert_passed();
/// assert_eq!(report.rules[0].injected, 5);
/// # Ok(())
/// # }
/// ```
pub fn experiment(name: impl Into<String>) -> Experiment {
    const DURATION: Duration = Duration::from_secs(60);
    Experiment {
        name: name.into(),
        arming: Arming::for_at_most(DURATION),
        steady_state: Vec::new(),
        promises: Vec::new(),
        duration: DURATION,
        interval: Duration::from_secs(1),
        recovery: Duration::from_secs(30),
        #[cfg(feature = "process")]
        assault: None,
    }
}

// === impl Experiment ===

impl Experiment {
    /// Adds a condition of the steady state. It is checked before the faults and after them.
    pub fn steady_state(
        mut self,
        name: impl Into<String>,
        check: impl Fn() -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        self.steady_state.push((name.into(), Arc::new(check)));
        self
    }

    /// Adds the objectives and ranges of a service to the steady state, and stops the faults when one is
    /// missed or left.
    pub fn objectives(self, state: impl SteadyState) -> Self {
        let state = Arc::new(state);
        let (checked, guard) = (state.clone(), state);
        self.steady_state("objectives and ranges", move || match checked.violation() {
            None => Ok("met".to_owned()),
            Some(violation) => Err(violation.to_string()),
        })
        .abort_when("objectives and ranges", move || {
            Some(guard.violation()?.to_string())
        })
    }

    /// Adds a promise: what is to be true also with the faults. It is checked meanwhile, in each interval, and at the end
    /// of the faults. The first that is broken ends the experiment.
    pub fn promise(
        mut self,
        name: impl Into<String>,
        check: impl Fn() -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        self.promises.push((name.into(), Arc::new(check)));
        self
    }

    /// Adds a condition that stops the faults, as [`Arming::stop_when`]. The conclusion is then
    /// [`Conclusion::Stopped`].
    pub fn abort_when(
        mut self,
        name: impl Into<String>,
        guard: impl Fn() -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.arming = self.arming.stop_when(name, guard);
        self
    }

    /// Allows a production environment, as [`Arming::allow_production`].
    pub fn allow_production(mut self, reason: impl Into<String>) -> Self {
        self.arming = self.arming.allow_production(reason);
        self
    }

    /// Sets how long faults are injected, at most. Defaults to one minute.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self
    }

    /// Sets the time between two checks. Defaults to one second.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the time after the faults by which the steady state has to be back. Defaults to 30 s.
    pub fn recovery(mut self, recovery: Duration) -> Self {
        self.recovery = recovery;
        self
    }

    /// Adds an assault on the process.
    #[cfg(feature = "process")]
    pub fn assault(mut self, assault: crate::process::Assault) -> Self {
        self.assault = Some(assault);
        self
    }
}

impl fmt::Debug for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Experiment")
            .field("name", &self.name)
            .field("arming", &self.arming)
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}
