//! The health of a service.

use std::fmt;
use std::sync::Arc;

use crate::probe::ProbeKind;
use crate::runtime;
use crate::state::HealthState;
use crate::{HealthRuntime, InFlight, Lifecycle, Probe, StartError, Status};

/// The health of a service: its life cycle, checks and probes.
///
/// Clones share their state. No task runs before [`start`](Self::start).
///
/// ```no_run
/// use std::process::ExitCode;
/// use std::time::Duration;
///
/// use axum::Router;
/// use gusset_core::ObserveLayer;
/// use gusset_health::{Check, Health, LocalDependency};
/// use gusset_http::{EndpointService, Http};
/// # type Failure = Box<dyn std::error::Error>;
///
/// #[tokio::main]
/// async fn main() -> Result<ExitCode, Failure> {
///     let index = Check::new("local-index", async || ());
///     let health = Health::builder()
///         .readiness_check(LocalDependency(index))
///         .drain_delay(Duration::from_secs(5))
///         .build()?;
///     let runtime = health.start()?;
///
///     let mut app = Router::new().layer(ObserveLayer::<Http, _>::new(health.in_flight()));
///     for (path, probe) in health.probes() {
///         app = app.route_service(path, EndpointService::new(probe));
///     }
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
///     health.lifecycle().mark_started();
///
///     let server = axum::serve(listener, app).with_graceful_shutdown(runtime.shutdown_signal());
///     let report = runtime.serve(server.into_future()).await;
///     Ok(report.exit_code())
/// }
/// ```
#[derive(Clone)]
pub struct Health(pub(crate) Arc<HealthState>);

// === impl Health ===

impl Health {
    /// Starts the background tasks on the current Tokio runtime: the main heartbeat, the checks, signal
    /// handling and the shutdown. Call it on the runtime that serves requests.
    ///
    /// # Errors
    /// If no Tokio runtime is running, the health was already started, or signal handlers cannot be
    /// registered.
    pub fn start(&self) -> Result<HealthRuntime, StartError> {
        runtime::start(&self.0)
    }

    /// Returns the life cycle.
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.0.lifecycle
    }

    /// Returns the observer that counts requests in flight. All returned observers share one count.
    pub fn in_flight(&self) -> InFlight {
        self.0.in_flight.clone()
    }

    /// Returns whether no heartbeat is late.
    pub fn is_live(&self) -> bool {
        self.0.is_live()
    }

    /// Returns whether the service should get traffic.
    pub fn is_ready(&self) -> bool {
        self.0.is_ready(self.0.clock.now())
    }

    /// Returns whether the start is complete.
    pub fn is_started(&self) -> bool {
        self.0.is_started()
    }

    /// Returns the overall status. It is `Down` if the service is not ready or a required dependency is
    /// down.
    pub fn status(&self) -> Status {
        self.0.status(self.0.clock.now())
    }

    /// Returns the status of the check with this name, if there is one.
    pub fn check(&self, name: &str) -> Option<Status> {
        let check = self.0.checks().find(|check| check.name == name);
        check.map(|check| check.status(self.0.clock.now()))
    }

    /// Returns the names of the checks with their statuses. One that is not switched on is left out.
    ///
    /// ```
    /// use gusset_health::{Check, Health, LocalDependency, Status};
    ///
    /// # fn main() -> Result<(), gusset_health::ConfigError> {
    /// let check = LocalDependency(Check::new("index", async || ()));
    /// let health = Health::builder().readiness_check(check).build()?;
    /// assert_eq!(health.checks(), [("index".to_owned(), Status::Unknown)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn checks(&self) -> Vec<(String, Status)> {
        let now = self.0.clock.now();
        let checks = self.0.checks();
        checks
            .map(|check| (check.name.to_string(), check.status(now)))
            .collect()
    }

    /// Returns the probe for `/livez`. It fails only if a heartbeat is late.
    pub fn livez(&self) -> Probe {
        Probe::new(&self.0, ProbeKind::Liveness)
    }

    /// Returns the probe for `/readyz`. It passes if the service should get traffic.
    pub fn readyz(&self) -> Probe {
        Probe::new(&self.0, ProbeKind::Readiness)
    }

    /// Returns the probe for `/startupz`. It passes if the start is complete.
    pub fn startupz(&self) -> Probe {
        Probe::new(&self.0, ProbeKind::Startup)
    }

    /// Returns the endpoint for `/healthz`: the overall status, for operators and dashboards. Do not
    /// restart or remove instances because of it.
    pub fn healthz(&self) -> Probe {
        Probe::new(&self.0, ProbeKind::Overall)
    }

    /// Returns all probes with their paths: those of Kubernetes' own components, and those of
    /// MicroProfile.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset_health::ConfigError> {
    /// let health = gusset_health::Health::builder().build()?;
    /// let paths: Vec<_> = health.probes().map(|(path, _)| path).collect();
    /// assert_eq!(paths, gusset_health::PATHS);
    /// # Ok(())
    /// # }
    /// ```
    pub fn probes(&self) -> impl Iterator<Item = (&'static str, Probe)> + use<> {
        let probes = [self.livez(), self.readyz(), self.startupz(), self.healthz()];
        let twice = probes.clone().into_iter().chain(probes);
        PATHS.into_iter().zip(twice)
    }
}

/// The paths of [`Health::probes`]. Exclude them from logs, spans and metrics.
///
/// ```
/// use gusset_core::FilteredObserver;
/// use gusset_http::PathFilter;
/// # let (log, metrics) = ((), ());
///
/// let observer = FilteredObserver::new((log, metrics), PathFilter::excluding(gusset_health::PATHS));
/// ```
pub const PATHS: [&str; 8] = [
    "/livez",
    "/readyz",
    "/startupz",
    "/healthz",
    "/health/live",
    "/health/ready",
    "/health/started",
    "/health",
];

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("lifecycle", &self.0.lifecycle)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
