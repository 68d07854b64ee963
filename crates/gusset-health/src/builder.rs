//! How a service's health is set up. Everything that cannot be used is refused here.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::Clock;
use tokio::sync::{Notify, watch};

use crate::check::{Role, Seal, Watched};
use crate::core::Core;
use crate::lifecycle::PlanBuilder;
use crate::metrics::{self, CheckMetrics, HealthMetrics};
use crate::probe::Secret;
use crate::running::Flush;
use crate::{ConfigError, Format, Gate, Health, Heartbeat, InFlight, Lifecycle, SharedRecorder};

/// Set by Kubernetes in every container.
const KUBERNETES: &str = "KUBERNETES_SERVICE_HOST";

/// Sets up a [`Health`].
///
/// Only what may decide on something is accepted where it would: heartbeats of the service's own for
/// liveness, checks of named dependencies for readiness.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use gusset_health::{Check, Exclusive, Format, Health, Heartbeat};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let consumer = Heartbeat::new("consumer", Duration::from_secs(60));
/// let index = Check::new("local-index", async || ());
/// let health = Health::builder()
///     .live(consumer)
///     .live_deadline(Duration::from_secs(45))
///     .ready(Exclusive(index))
///     .start_by_checks()
///     .start_deadline(Duration::from_secs(120))
///     .termination_grace(Duration::from_secs(60))
///     .pre_stop(Duration::from_secs(3))
///     .drain_delay(Duration::from_secs(10))
///     .in_flight_deadline(Duration::from_secs(40))
///     .flush_deadline(Duration::from_secs(5))
///     .flush(|| async { /* hand over the last spans */ })
///     .recorder(Arc::new(metrics::NoopRecorder))
///     .detail_token("sixteen characters")
///     .format(Format::HealthJson)
///     .build();
/// assert_eq!(health.unwrap_err().field(), "detail_token", "no header may hold a space");
/// # Ok(())
/// # }
/// ```
///
/// ```compile_fail
/// use gusset_health::{Check, Health};
///
/// // A database that is slow for a minute would restart the whole fleet.
/// Health::builder().live(Check::new("orders-db", async || ()));
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct HealthBuilder {
    clock: Clock,
    live: Vec<Heartbeat>,
    live_deadline: Duration,
    checks: Vec<(Seal, bool)>,
    plan: PlanBuilder,
    flush: Vec<Flush>,
    recorder: Option<SharedRecorder>,
    token: Option<String>,
    format: Format,
    signals: bool,
    start_by_checks: bool,
    start_deadline: Option<Duration>,
    #[cfg(all(feature = "systemd", unix))]
    systemd: Result<Option<crate::systemd::Systemd>, ConfigError>,
}

// === impl HealthBuilder ===

impl HealthBuilder {
    pub(crate) fn new() -> Self {
        let this = Self {
            clock: Clock::system(),
            live: Vec::new(),
            live_deadline: Duration::from_secs(30),
            checks: Vec::new(),
            plan: PlanBuilder::default(),
            flush: Vec::new(),
            recorder: None,
            token: None,
            format: Format::HealthJson,
            signals: true,
            start_by_checks: false,
            start_deadline: None,
            #[cfg(all(feature = "systemd", unix))]
            systemd: Ok(None),
        };
        this.environment(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// A heartbeat that decides on liveness, beside that of the main runtime, which always does.
    pub fn live(mut self, heartbeat: Heartbeat) -> Self {
        self.live.push(heartbeat);
        self
    }

    /// Sets after how long without a beat the main runtime is taken for stuck; 30 s unless set.
    pub fn live_deadline(mut self, deadline: Duration) -> Self {
        self.live_deadline = deadline;
        self
    }

    /// A check that decides on readiness: of a dependency that is this instance's own, as a rule.
    /// One that the fleet shares is taken, and building warns.
    pub fn ready(mut self, gate: impl Gate) -> Self {
        self.checks.push((gate.into(), true));
        self
    }

    /// A check that informs: seen at `/healthz`, in metrics and in events, and decides on nothing.
    pub fn inform(mut self, check: impl Into<Seal>) -> Self {
        self.checks.push((check.into(), false));
        self
    }

    /// Leaves the start to the checks: it is done once all that decide on readiness work. Unless set,
    /// [`Lifecycle::started`] says it.
    pub fn start_by_checks(mut self) -> Self {
        self.start_by_checks = true;
        self
    }

    /// Sets how long the start may take without a word of its [progress](Lifecycle::progress); then
    /// `/livez` fails, so that whoever watches restarts the process. None unless set: a migration that
    /// is killed for its length begins again at its beginning.
    pub fn start_deadline(mut self, deadline: Duration) -> Self {
        self.start_deadline = Some(deadline);
        self
    }

    /// Sets how long a container's hook before SIGTERM takes, if it has one; it is taken from the
    /// same grace.
    pub fn pre_stop(mut self, time: Duration) -> Self {
        self.plan.pre_stop = time;
        self
    }

    /// Sets for how long the service goes on serving once it is not ready any more, until nobody
    /// sends to it; 5 s in Kubernetes, else 0.
    pub fn drain_delay(mut self, delay: Duration) -> Self {
        self.plan.drain_delay = Some(delay);
        self
    }

    /// Sets how long calls under way may take once the listener is closed; what the grace leaves,
    /// unless set.
    pub fn in_flight_deadline(mut self, deadline: Duration) -> Self {
        self.plan.in_flight_deadline = Some(deadline);
        self
    }

    /// Sets how long the [`flush`](Self::flush) may take; 5 s unless set.
    pub fn flush_deadline(mut self, deadline: Duration) -> Self {
        self.plan.flush_deadline = Some(deadline);
        self
    }

    /// Sets what the platform gives from its first word to the kill; 30 s unless set, as in
    /// Kubernetes. Times that do not fit into it are refused.
    pub fn termination_grace(mut self, grace: Duration) -> Self {
        self.plan.termination_grace = Some(grace);
        self
    }

    /// What to do when all calls have ended: hand telemetry to its collector. Several run in their
    /// order. One that blocks belongs on `spawn_blocking`.
    pub fn flush<F, T>(mut self, flush: F) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        self.flush.push(Box::new(move || Box::pin(flush())));
        self
    }

    /// Records `gusset.health.*` there.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Shows details to those who bring this as `Authorization: Bearer …`; sixteen characters or
    /// more. Without it, probes say pass or fail and nothing else.
    pub fn detail_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets the shape of answers.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Tells systemd, if it is there: READY, STATUS, STOPPING, EXTEND_TIMEOUT while it drains, and the
    /// WATCHDOG as long as the service is live. The unit is of `Type=notify`.
    #[cfg(all(feature = "systemd", unix))]
    pub fn systemd(self) -> Self {
        self.systemd_of(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// As [`systemd`](Self::systemd), with `NOTIFY_SOCKET` and `WATCHDOG_USEC` from `lookup`, a function
    /// from the name of a variable to its value.
    #[cfg(all(feature = "systemd", unix))]
    pub fn systemd_of(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.systemd = crate::systemd::Systemd::from_env(lookup);
        self
    }

    /// Whether SIGTERM and Ctrl-C begin the shutdown; they do unless set. Without them,
    /// [`Lifecycle::drain`] does.
    pub fn signals(mut self, heed: bool) -> Self {
        self.signals = heed;
        self
    }

    /// Reads the time there; waits are Tokio's all the same. For tests.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Reads the environment from `lookup`, a function from the name of a variable to its value,
    /// instead of from the process: `KUBERNETES_SERVICE_HOST`, which says where this runs.
    pub fn environment(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.plan.kubernetes = lookup(KUBERNETES).is_some_and(|host| !host.is_empty());
        self
    }

    /// The health of the service. Nothing runs yet.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming the field at fault.
    pub fn build(self) -> Result<Health, ConfigError> {
        let Self {
            clock,
            live,
            live_deadline,
            checks,
            plan,
            flush,
            recorder,
            token,
            format,
            signals,
            start_by_checks,
            start_deadline,
            #[cfg(all(feature = "systemd", unix))]
            systemd,
        } = self;
        #[cfg(all(feature = "systemd", unix))]
        let systemd = systemd?;
        let plan = plan.build()?;
        let secret = token.map(Secret::new).transpose()?;
        let main = Heartbeat::by(MAIN.into(), live_deadline, clock.clone());
        let start = start_deadline.map(|limit| Heartbeat::by(START.into(), limit, clock.clone()));
        let beats: Vec<_> = [main]
            .into_iter()
            .chain(start.clone())
            .chain(live)
            .collect();
        check_heartbeats(&beats)?;
        // Before any handle: the unit of a histogram chooses its boundaries.
        if let Some(recorder) = &recorder {
            metrics::describe(recorder);
        }
        // One table of details has them all.
        let mut names: BTreeSet<_> = beats.iter().map(|beat| beat.name().to_owned()).collect();
        let mut runs = Vec::new();
        for (seal, gates) in checks {
            let Seal { check, role } = seal;
            let (run, timeout, schedule, rules) = check.parts()?;
            let name = check.name();
            if !names.insert(name.to_owned()) {
                return Err(ConfigError::new(
                    format!("checks.{name}"),
                    "there are two of that name",
                ));
            }
            if gates && role == Role::Shared {
                tracing::warn!(
                    check = name,
                    "a dependency that all instances share decides on readiness: when it is down, \
                     none of them is ready"
                );
            }
            let metrics = recorder.as_ref();
            let metrics = metrics.map(|recorder| CheckMetrics::new(recorder, name));
            let watched = Arc::new(Watched::new(name, role, gates, rules, metrics));
            runs.push((run, watched, timeout, schedule));
        }
        Ok(Health(Arc::new(Core {
            clock,
            life: Lifecycle::new(start),
            metrics: recorder.map(|recorder| HealthMetrics::new(&recorder, &beats)),
            beats,
            checks: runs
                .iter()
                .map(|(_, watched, ..)| watched.clone())
                .collect(),
            runs,
            in_flight: InFlight::default(),
            plan,
            flush,
            secret,
            format,
            signals,
            start_by_checks,
            #[cfg(all(feature = "systemd", unix))]
            systemd,
            changed: Arc::new(Notify::new()),
            serving: watch::Sender::new(false),
        })))
    }
}

/// The name of the main runtime's heartbeat.
const MAIN: &str = "main-runtime";
/// The name of the start's, where it has a deadline.
const START: &str = "start";

/// How often the main runtime beats.
pub(crate) const BEAT: Duration = Duration::from_secs(1);

fn check_heartbeats(beats: &[Heartbeat]) -> Result<(), ConfigError> {
    let mut names = BTreeSet::new();
    for beat in beats {
        let name = beat.name();
        let field = |setter: &str| match name {
            MAIN => "live_deadline".to_owned(),
            START => "start_deadline".to_owned(),
            _ => format!("live.{}{setter}", name.escape_default()),
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > 60 || !name.bytes().all(fits) {
            return Err(ConfigError::new(
                field(""),
                "a name is of letters, digits, `-`, `_` and `.`, and of one to sixty of them",
            ));
        }
        if !names.insert(name) {
            return Err(ConfigError::new(field(""), "there are two of that name"));
        }
        // Whoever beats once a second may be late, and is not stuck.
        if beat.deadline() < 3 * BEAT {
            return Err(ConfigError::new(
                field(".deadline"),
                "it is shorter than three seconds: a busy moment would restart the process",
            ));
        }
    }
    Ok(())
}

impl fmt::Debug for HealthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthBuilder")
            .field("live", &self.live)
            .field("checks", &self.checks)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}
