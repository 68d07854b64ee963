//! The health of a service, as a value.

use std::fmt;
use std::sync::Arc;

use crate::core::Core;
use crate::probe::Which;
use crate::{HealthBuilder, InFlight, Lifecycle, Probe, Running, StartError, Status, running};

/// The health of a service: its life cycle, its checks, and the probes that tell of them.
///
/// Clones are handles to the same. Nothing runs before [`start`](Self::start).
///
/// ```no_run
/// use std::process::ExitCode;
/// use std::time::Duration;
///
/// use axum::Router;
/// use gusset_core::ObserveLayer;
/// use gusset_health::{Check, Exclusive, Health};
/// use gusset_http::{EndpointService, Http};
/// # type Failure = Box<dyn std::error::Error>;
///
/// #[tokio::main]
/// async fn main() -> Result<ExitCode, Failure> {
///     let index = Check::new("local-index", async || ());
///     let health = Health::builder()
///         .ready(Exclusive(index))
///         .drain_delay(Duration::from_secs(5))
///         .build()?;
///     let running = health.start()?;
///
///     let mut app = Router::new().layer(ObserveLayer::<Http, _>::new(health.in_flight()));
///     for (path, probe) in health.probes() {
///         app = app.route_service(path, EndpointService::new(probe));
///     }
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
///     health.lifecycle().started();
///
///     let server = axum::serve(listener, app).with_graceful_shutdown(running.shutdown_signal());
///     let farewell = running.serve(server.into_future()).await;
///     Ok(farewell.exit_code())
/// }
/// ```
#[derive(Clone)]
pub struct Health(pub(crate) Arc<Core>);

// === impl Health ===

impl Health {
    /// A service's health, to be set up.
    pub fn builder() -> HealthBuilder {
        HealthBuilder::new()
    }

    /// Starts the background on this runtime, which is the main one: its heartbeat, the checks,
    /// the signals of the process, the shutdown.
    ///
    /// # Errors
    ///
    /// [`StartError`], outside of a Tokio runtime, if it was started before, or if the system has no
    /// signals to give.
    pub fn start(&self) -> Result<Running, StartError> {
        running::start(self)
    }

    /// The life cycle.
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.0.life
    }

    /// The observer that counts the calls under way. State is shared: each call gives the same count.
    pub fn in_flight(&self) -> InFlight {
        self.0.in_flight.clone()
    }

    /// Whether the heartbeats beat.
    pub fn is_live(&self) -> bool {
        self.0.is_live()
    }

    /// Whether the service wants traffic.
    pub fn is_ready(&self) -> bool {
        self.0.is_ready(self.0.clock.now())
    }

    /// Whether the start is done.
    pub fn is_started(&self) -> bool {
        self.0.is_started()
    }

    /// The whole: down if it is not ready, or if a check is down whose dependency is not optional.
    pub fn status(&self) -> Status {
        self.0.status(self.0.clock.now())
    }

    /// What is known of the check of that name, if there is one.
    pub fn check(&self, name: &str) -> Option<Status> {
        let check = self.0.checks.iter().find(|check| check.name == name);
        check.map(|check| check.status(self.0.clock.now()))
    }

    /// The probe for `/livez`: fails if a heartbeat is missed, and for nothing else.
    pub fn livez(&self) -> Probe {
        Probe::new(self, Which::Live)
    }

    /// The probe for `/readyz`: whether the service wants traffic.
    pub fn readyz(&self) -> Probe {
        Probe::new(self, Which::Ready)
    }

    /// The probe for `/startupz`: whether the start is done.
    pub fn startupz(&self) -> Probe {
        Probe::new(self, Which::Started)
    }

    /// The endpoint for `/healthz`: the whole, for people and dashboards. Not a probe: nobody should
    /// restart or take out anything for it.
    pub fn healthz(&self) -> Probe {
        Probe::new(self, Which::Whole)
    }

    /// All of them, at the paths that Kubernetes' own servers use and at those of MicroProfile.
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

/// The paths of [`Health::probes`]: what to leave out of logs, spans and metrics, for probes are no
/// traffic.
///
/// ```
/// use gusset_core::Filter;
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
            .field("lifecycle", &self.0.life)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
