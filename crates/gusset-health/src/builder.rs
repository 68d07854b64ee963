//! The builder of [`Health`] and the validation of its settings.

mod heartbeats;

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{Clock, Env};
use gusset_data::{Redaction, SharedRecorder, contain_recorder};
use gusset_http::BearerToken;
use tokio::sync::{Notify, watch};

use self::heartbeats::{MAIN_RUNTIME, START, validate_heartbeats};
use crate::check::{DependencyKind, RegisteredCheck};
use crate::lifecycle::ShutdownTimeoutsBuilder;
use crate::metrics::{self, HealthMetrics};
use crate::state::{FlushFn, HealthState};
use crate::{
    ConfigError, Health, Heartbeat, InFlight, Lifecycle, ReadinessCheck, ResponseFormat, TARGET,
};

/// Kubernetes sets this variable in every container.
const KUBERNETES_SERVICE_HOST: &str = "KUBERNETES_SERVICE_HOST";

/// Builds a [`Health`].
///
/// Liveness accepts only heartbeats, and readiness only checks with a
/// [kind of dependency](ReadinessCheck). Other checks do not compile there.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use gusset_health::{Check, Health, Heartbeat, LocalDependency, ResponseFormat};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let consumer = Heartbeat::new("consumer", Duration::from_secs(60));
/// let index = Check::new("local-index", async || ());
/// let health = Health::builder()
///     .heartbeat(consumer)
///     .live_deadline(Duration::from_secs(45))
///     .readiness_check(LocalDependency(index))
///     .start_when_ready()
///     .start_deadline(Duration::from_secs(120))
///     .termination_grace(Duration::from_secs(60))
///     .pre_stop_duration(Duration::from_secs(3))
///     .drain_delay(Duration::from_secs(10))
///     .in_flight_deadline(Duration::from_secs(40))
///     .flush_deadline(Duration::from_secs(5))
///     .flush(|| async { /* export the last spans */ })
///     .recorder(Arc::new(metrics::NoopRecorder))
///     .details_token("sixteen characters")
///     .response_format(ResponseFormat::HealthJson)
///     .build();
/// assert_eq!(health.unwrap_err().setting(), "details_token", "spaces are not allowed");
/// # Ok(())
/// # }
/// ```
///
/// ```compile_fail
/// use gusset_health::{Check, Health};
///
/// // A slow database would restart all instances.
/// Health::builder().heartbeat(Check::new("orders-db", async || ()));
/// ```
#[must_use = "does nothing until `build` is called"]
pub struct HealthBuilder {
    clock: Clock,
    heartbeats: Vec<Heartbeat>,
    live_deadline: Duration,
    checks: Vec<BuilderCheck>,
    timeouts: ShutdownTimeoutsBuilder,
    is_kubernetes: Result<bool, ConfigError>,
    flush: Vec<FlushFn>,
    recorder: Option<SharedRecorder>,
    redaction: Redaction,
    token: Option<String>,
    response_format: ResponseFormat,
    handle_signals: bool,
    start_when_ready: bool,
    start_deadline: Option<Duration>,
    #[cfg(all(feature = "systemd", unix))]
    systemd: Result<Option<crate::systemd::SystemdSocket>, ConfigError>,
}

struct BuilderCheck {
    check: RegisteredCheck,
    affects_readiness: bool,
}

impl Health {
    /// Returns a builder with the default settings.
    pub fn builder() -> HealthBuilder {
        HealthBuilder::new()
    }
}

// === impl HealthBuilder ===

impl HealthBuilder {
    fn new() -> Self {
        Self {
            clock: Clock::system(),
            heartbeats: Vec::new(),
            live_deadline: Duration::from_secs(30),
            checks: Vec::new(),
            timeouts: ShutdownTimeoutsBuilder::default(),
            is_kubernetes: is_kubernetes(Env::process()),
            flush: Vec::new(),
            recorder: None,
            redaction: Redaction::default(),
            token: None,
            response_format: ResponseFormat::HealthJson,
            handle_signals: true,
            start_when_ready: false,
            start_deadline: None,
            #[cfg(all(feature = "systemd", unix))]
            systemd: Ok(None),
        }
    }

    /// Adds a heartbeat that affects liveness, besides that of the main runtime.
    pub fn heartbeat(mut self, heartbeat: Heartbeat) -> Self {
        self.heartbeats.push(heartbeat);
        self
    }

    /// Sets the time without a beat after which the main runtime counts as stuck. Defaults to 30 s.
    pub fn live_deadline(mut self, deadline: Duration) -> Self {
        self.live_deadline = deadline;
        self
    }

    /// Adds a check that affects readiness. Building logs a warning for a
    /// [`SharedDependency`](crate::SharedDependency).
    pub fn readiness_check(mut self, check: impl ReadinessCheck) -> Self {
        self.checks.push(BuilderCheck {
            check: check.into(),
            affects_readiness: true,
        });
        self
    }

    /// Adds a check that affects only `/healthz`, metrics and log events, and not readiness.
    pub fn health_check(mut self, check: impl Into<RegisteredCheck>) -> Self {
        self.checks.push(BuilderCheck {
            check: check.into(),
            affects_readiness: false,
        });
        self
    }

    /// Completes the start once all readiness checks pass. By default, the service calls
    /// [`Lifecycle::mark_started`].
    pub fn start_when_ready(mut self) -> Self {
        self.start_when_ready = true;
        self
    }

    /// Sets the longest time of the start without a [progress report](Lifecycle::report_progress).
    /// After it, `/livez` fails, so that the platform restarts the process. Defaults to no deadline,
    /// because a migration that is killed has to start from the beginning.
    pub fn start_deadline(mut self, deadline: Duration) -> Self {
        self.start_deadline = Some(deadline);
        self
    }

    /// Sets the duration of the container's `preStop` hook. It counts toward the grace period. Defaults
    /// to 0.
    pub fn pre_stop_duration(mut self, duration: Duration) -> Self {
        self.timeouts.pre_stop_duration = duration;
        self
    }

    /// Sets how long requests are served after readiness fails, so that load balancers can remove this
    /// instance. Defaults to 5 s in Kubernetes and to 0 elsewhere.
    pub fn drain_delay(mut self, delay: Duration) -> Self {
        self.timeouts.drain_delay = Some(delay);
        self
    }

    /// Sets the deadline for requests in flight, from the closing of the listener. Defaults to the rest
    /// of the grace period.
    pub fn in_flight_deadline(mut self, deadline: Duration) -> Self {
        self.timeouts.in_flight_deadline = Some(deadline);
        self
    }

    /// Sets the deadline for [`flush`](Self::flush). Defaults to 5 s.
    pub fn flush_deadline(mut self, deadline: Duration) -> Self {
        self.timeouts.flush_deadline = Some(deadline);
        self
    }

    /// Sets the platform's grace period, from SIGTERM (or the `preStop` hook) to SIGKILL. Defaults to
    /// 30 s, as in Kubernetes. [`build`](Self::build) fails if the other timeouts do not fit into it.
    pub fn termination_grace(mut self, grace: Duration) -> Self {
        self.timeouts.termination_grace = Some(grace);
        self
    }

    /// Adds a function that runs when all requests have finished, to export telemetry. Functions run in
    /// the order in which they were added. Use `spawn_blocking` for blocking code. If one panics, the others
    /// run, and the shutdown is not [clean](crate::ShutdownReport::is_clean).
    pub fn flush<F, T>(mut self, flush: F) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        self.flush.push(Box::new(move || Box::pin(flush())));
        self
    }

    /// Sets what is redacted in the messages of checks and in the texts of the life cycle. Defaults to
    /// [`Redaction::default`](gusset_data::Redaction): credentials in URLs, and after `Bearer` and
    /// `Basic`.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Sets the recorder of the metrics `gusset.health.*`. Defaults to none.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(contain_recorder(recorder));
        self
    }

    /// Sets the token that details require, as `Authorization: Bearer <token>`. At least 16 characters.
    /// Without a token, probes return only pass or fail.
    pub fn details_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets the format of responses. Defaults to [`ResponseFormat::HealthJson`].
    pub fn response_format(mut self, format: ResponseFormat) -> Self {
        self.response_format = format;
        self
    }

    /// Notifies systemd, if `NOTIFY_SOCKET` is set. For units with `Type=notify`.
    ///
    /// Sends READY, STATUS and STOPPING, EXTEND_TIMEOUT_USEC during the shutdown, and WATCHDOG while
    /// the service is live.
    #[cfg(all(feature = "systemd", unix))]
    pub fn systemd(self) -> Self {
        self.systemd_env(Env::process())
    }

    /// Notifies systemd like [`systemd`](Self::systemd), and reads `NOTIFY_SOCKET` and `WATCHDOG_USEC`
    /// from this environment.
    #[cfg(all(feature = "systemd", unix))]
    pub fn systemd_env(mut self, env: Env<'_>) -> Self {
        self.systemd = crate::systemd::SystemdSocket::from_env(env);
        self
    }

    /// Sets whether SIGTERM and Ctrl-C begin the shutdown. Defaults to `true`. Otherwise, call
    /// [`Lifecycle::begin_shutdown`].
    pub fn handle_signals(mut self, enabled: bool) -> Self {
        self.handle_signals = enabled;
        self
    }

    /// Sets the clock, for tests. Timers always use Tokio's clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the environment in which `KUBERNETES_SERVICE_HOST` is looked up. Defaults to that of the
    /// process.
    pub fn env(mut self, env: Env<'_>) -> Self {
        self.is_kubernetes = is_kubernetes(env);
        self
    }

    /// Builds the health. Starts no task.
    ///
    /// # Errors
    /// If a setting is invalid.
    pub fn build(self) -> Result<Health, ConfigError> {
        let Self {
            clock,
            heartbeats,
            live_deadline,
            checks,
            mut timeouts,
            is_kubernetes,
            flush,
            recorder,
            redaction,
            token,
            response_format,
            handle_signals,
            start_when_ready,
            start_deadline,
            #[cfg(all(feature = "systemd", unix))]
            systemd,
        } = self;
        #[cfg(all(feature = "systemd", unix))]
        let systemd = systemd?;
        timeouts.is_kubernetes = is_kubernetes.unwrap_or_else(|error| {
            tracing::warn!(target: TARGET, "{error}: it is set, so the defaults for Kubernetes apply");
            true
        });
        let timeouts = timeouts.build()?;
        let token = token
            .map(|token| BearerToken::new("details_token", token))
            .transpose()?;
        let built_in = |name: &'static str, deadline| {
            Heartbeat::from_parts(name.into(), deadline, clock.clone())
        };
        let start = start_deadline.map(|deadline| built_in(START, deadline));
        let heartbeats: Vec<_> = [built_in(MAIN_RUNTIME, live_deadline)]
            .into_iter()
            .chain(start.clone())
            .chain(heartbeats)
            .collect();
        validate_heartbeats(&heartbeats)?;
        // Before any metric is registered: the unit determines the buckets of a histogram.
        if let Some(recorder) = &recorder {
            metrics::describe(recorder);
        }
        // Detailed responses have heartbeats and checks in one table.
        let mut taken: BTreeSet<_> = heartbeats
            .iter()
            .map(|heartbeat| heartbeat.name().to_owned())
            .collect();
        let built = clock.now();
        let mut tasks = Vec::new();
        let shared_redaction = Arc::new(redaction.clone());
        for BuilderCheck {
            check,
            affects_readiness,
        } in checks
        {
            let name = check.check.name().to_owned();
            if taken.contains(&name) {
                let setting = format!("checks.{}", name.escape_default());
                return Err(ConfigError::new(setting, "duplicate name"));
            }
            let dependency = check.dependency;
            let recorder = recorder.as_ref();
            let task = check.into_task(affects_readiness, recorder, &shared_redaction, built)?;
            tasks.push(task);
            if affects_readiness && dependency == DependencyKind::Shared {
                tracing::warn!(
                    target: TARGET,
                    { gusset.health.check = name },
                    "a shared dependency affects readiness: if it is down, all instances become \
                     unready at once"
                );
            }
            taken.insert(name);
        }
        Ok(Health(Arc::new(HealthState {
            built,
            lifecycle: Lifecycle::new(start, redaction, clock.clone()),
            clock,
            metrics: recorder.map(|recorder| HealthMetrics::new(&recorder, &heartbeats)),
            heartbeats,
            checks: tasks.iter().map(|task| task.check().clone()).collect(),
            tasks,
            in_flight: InFlight::default(),
            timeouts,
            flush,
            token,
            response_format,
            handle_signals,
            start_when_ready,
            #[cfg(all(feature = "systemd", unix))]
            systemd,
            check_changed: Arc::new(Notify::new()),
            ready: watch::Sender::new(false),
        })))
    }
}

fn is_kubernetes(env: Env<'_>) -> Result<bool, ConfigError> {
    Ok(env.var(KUBERNETES_SERVICE_HOST)?.is_some())
}

impl fmt::Debug for HealthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks: Vec<_> = self.checks.iter().map(|check| &check.check).collect();
        f.debug_struct("HealthBuilder")
            .field("heartbeats", &self.heartbeats)
            .field("checks", &checks)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}
