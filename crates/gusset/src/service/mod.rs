//! Everything that a service needs, in one object.

#[cfg(feature = "breaker")]
mod breakers;
#[cfg(feature = "browser")]
mod browser;
mod build;
mod builder;
#[cfg(feature = "system-calls")]
mod calls;
#[cfg(feature = "chaos")]
mod chaos;
mod check;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "serde")]
mod configured;
mod consumers;
mod controls;
#[cfg(feature = "diagnose")]
mod diagnosis;
#[cfg(feature = "diagnose")]
mod diagnosis_settings;
mod error;
mod global;
#[cfg(feature = "history")]
mod history;
#[cfg(feature = "history")]
mod history_settings;
#[cfg(all(unix, feature = "incident"))]
mod incident_settings;
#[cfg(all(unix, feature = "incident"))]
mod incidents;
#[cfg(feature = "jobs")]
mod jobs;
mod layer;
mod life;
mod observed_operations;
#[cfg(feature = "ops")]
mod operations;
#[cfg(feature = "ops")]
mod operations_settings;
mod parts;
mod parts_builder;
mod probes;
#[cfg(feature = "profile")]
mod profiles;
mod scope;
mod serve;
mod server_output;
#[cfg(feature = "slo")]
mod service_levels;
mod subscriber_scope;
#[cfg(feature = "system")]
mod system;
#[cfg(feature = "system")]
mod system_settings;
#[cfg(feature = "usage")]
mod usage;
#[cfg(feature = "usage")]
mod usage_settings;
mod without;
#[cfg(feature = "messaging")]
mod worker;

use std::fmt;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use gusset_admin::ManagementServer;
#[cfg(feature = "breaker")]
use gusset_breaker::CircuitBreaker;
use gusset_core::Clock;
#[cfg(feature = "breaker")]
use gusset_core::{ConfigError, ErrorStatuses};
use gusset_health::{Health, HealthRuntime};
use tracing::Dispatch;

pub use self::builder::GussetBuilder;
use self::check::Facts;
pub use self::check::{CheckReport, Finding};
pub use self::error::Error;
#[cfg(feature = "jobs")]
pub use self::layer::JobObservers;
pub use self::layer::{CallLayer, OperationObservers, ServerLayer};
pub use self::server_output::ServerOutput;
#[cfg(feature = "messaging")]
pub use self::worker::WorkerService;
use crate::Telemetry;
use crate::kind::{GrpcClient, GrpcServer, HttpClient, HttpServer, Operations};

/// Everything that a service needs: log, traces, metrics, request ids, health with its life cycle, and
/// the management server with scrape endpoint and probes.
///
/// Created by [`gusset::init`](crate::init), or by [`gusset::builder`](crate::builder) with nothing
/// global. Clones share everything.
///
/// Its layers can be added anywhere: to a router, a `ServiceBuilder`, a client. They observe every call
/// once, also if a layer is added twice.
///
/// # Order of layers
/// A layer observes what is inside of it. From the outermost to the innermost:
///
/// ```text
/// server                                        client
/// GrpcWebLayer                                  timeout of all attempts
/// gusset.http() or gusset.grpc()                retry, redirects
/// compression                                   gusset.http_client() or gusset.grpc_client()
/// authentication, load shedding, timeout        gusset.breaker("payments")
/// the service                                   GrpcWebClientLayer, timeout of one attempt, the client
/// ```
///
/// `Router::layer` adds the outermost layer last; `ServiceBuilder::layer` adds it first. Request id and
/// telemetry are one layer, so their order is always right.
///
/// In other orders, telemetry differs. With compression outside, the bytes before it are counted. A call
/// that a timeout outside ends is cancelled, without its status 504 or 408. With retries or redirects
/// inside, all attempts are one call. A `RequestIdLayer` inside of other observers and a `GrpcWebLayer`
/// inside of them are warned of once in the log.
///
/// ```no_run
/// use axum::{Router, routing::get};
///
/// #[tokio::main]
/// async fn main() -> Result<(), gusset::Error> {
///     let gusset = gusset::init()?;
///     let app = Router::new().route("/users/{id}", get(|| async { "a user" })).layer(gusset.http());
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
///     gusset.serve(axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal())).await
/// }
/// ```
#[derive(Clone)]
#[must_use = "telemetry, probes and checks end when this is dropped"]
pub struct Gusset(Arc<Inner>);

struct Inner {
    http: ServerLayer<HttpServer>,
    http_client: CallLayer<HttpClient>,
    grpc: ServerLayer<GrpcServer>,
    grpc_client: CallLayer<GrpcClient>,
    observed_operations: CallLayer<Operations>,
    pools: Arc<gusset_metrics::pools::ConnectionPools>,
    messaging_system: String,
    /// Those of HTTP clients, for breakers.
    #[cfg(feature = "breaker")]
    error_statuses: Option<ErrorStatuses>,
    #[cfg(feature = "breaker")]
    breakers: breakers::Breakers,
    #[cfg(feature = "serde")]
    config: crate::config::EffectiveConfig,
    #[cfg(all(feature = "serde", feature = "breaker"))]
    breaker_configs: crate::config::Breakers,
    flush_deadline: Duration,
    clock: Clock,
    /// When the life cycle began to flush.
    flush_started: Arc<OnceLock<Instant>>,
    /// The subscriber, unless it is global.
    dispatch: Option<Dispatch>,
    #[cfg(feature = "chaos")]
    chaos: gusset_chaos::Chaos,
    health: Health,
    #[cfg(feature = "jobs")]
    jobs: jobs::JobParts,
    #[cfg(feature = "system")]
    system: Option<Arc<gusset_system::SystemSampler>>,
    #[cfg(feature = "system")]
    _lag: Option<system::Lag>,
    #[cfg(feature = "system-calls")]
    calls: Option<Arc<gusset_system::CallMonitor>>,
    #[cfg(feature = "usage")]
    usage: Arc<gusset_usage::Usage>,
    // Dropped in this order, so that probes are answered until telemetry has ended.
    runtime: Option<HealthRuntime>,
    #[cfg(feature = "diagnose")]
    diagnosis: Option<gusset_diagnose::LatestDiagnosis>,
    #[cfg(feature = "history")]
    history: Option<history::HistoryParts>,
    #[cfg(feature = "slo")]
    monitor: Option<gusset_slo::Monitor>,
    #[cfg(feature = "ops")]
    operations: Option<gusset_ops::Operations>,
    // Before telemetry, because it logs.
    #[cfg(all(unix, feature = "incident"))]
    incidents: incidents::RunningCell,
    telemetry: Telemetry,
    management: Mutex<Option<ManagementServer>>,
    management_addr: Option<SocketAddr>,
    /// What the checks read.
    facts: Facts,
}

// === impl Gusset ===

impl Gusset {
    /// Returns the layer of an HTTP server, for `Router::layer`, `ServiceBuilder` or a hyper service.
    ///
    /// It sets the request id, observes the call, counts it as in flight, and closes keep-alive
    /// connections during the shutdown.
    pub fn http(&self) -> ServerLayer<HttpServer> {
        self.0.http.clone()
    }

    /// Returns the layer of an HTTP client. It observes the call, and forwards the trace context and the
    /// request id.
    pub fn http_client(&self) -> CallLayer<HttpClient> {
        self.0.http_client.clone()
    }

    /// Returns the layer of a gRPC server, for `tonic::transport::Server::layer`. As [`http`](Self::http).
    pub fn grpc(&self) -> ServerLayer<GrpcServer> {
        self.0.grpc.clone()
    }

    /// Returns the layer of a gRPC client, for example a tonic channel. As
    /// [`http_client`](Self::http_client).
    pub fn grpc_client(&self) -> CallLayer<GrpcClient> {
        self.0.grpc_client.clone()
    }

    /// Returns the circuit breaker with this name, with its metrics. All calls with one name return the
    /// same breaker.
    ///
    /// Its failures are the statuses that are errors for HTTP clients
    /// ([`InstrumentationBuilder::error_statuses`](crate::InstrumentationBuilder::error_statuses)).
    ///
    /// # Errors
    /// If the name is not valid.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let payments = gusset.breaker("payments")?;
    /// // Inside of the client's layer, so that rejected calls are observed.
    /// let layer = gusset.http_client().admit(payments.http_client());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "breaker")]
    pub fn breaker(&self, name: &str) -> Result<CircuitBreaker, ConfigError> {
        let mut breakers = serve::lock(&self.0.breakers);
        if let Some(breaker) = breakers.get(name) {
            return Ok(breaker.clone());
        }
        let recorder = self.0.telemetry.recorder();
        #[cfg(feature = "serde")]
        let builder = self.0.breaker_configs.builder(name)?;
        #[cfg(not(feature = "serde"))]
        let builder = CircuitBreaker::builder(name);
        let breaker = builder
            .metrics(recorder)
            .error_statuses(self.0.error_statuses)
            .build()?;
        breakers.insert(name.to_owned(), breaker.clone());
        Ok(breaker)
    }

    /// Returns the settings that apply, each with its source, to print or to compare them. See
    /// [`GussetBuilder::config`].
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::Error> {
    /// # let gusset = gusset::builder().without_health().without_management().build()?;
    /// let text = gusset.config().to_toml();
    /// assert!(text.contains("# The name of the service. Defaults to `unknown_service`."));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "serde")]
    pub fn config(&self) -> &crate::config::EffectiveConfig {
        &self.0.config
    }

    /// Returns a future that completes when a server should close its listener: after SIGTERM or Ctrl-C and
    /// the drain delay. Each server needs its own.
    ///
    /// For axum's `with_graceful_shutdown` and tonic's `serve_with_shutdown`. Without health it never
    /// completes.
    pub fn shutdown_signal(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let signal = self.0.runtime.as_ref().map(HealthRuntime::shutdown_signal);
        async move {
            match signal {
                Some(signal) => signal.await,
                None => pending().await,
            }
        }
    }

    /// Reports what is wrong or unsafe before there is traffic: a signal that goes nowhere, a receiver that
    /// cannot be reached, a management server that a cluster cannot probe, a wrong clock, settings that do
    /// not suit production.
    ///
    /// Blocks this thread while it connects to the receivers, usually for some milliseconds and at most for
    /// 1 s for each of their addresses, and the resolution of their names. Nothing is logged; log or print the report.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), gusset::Error> {
    /// let gusset = gusset::init()?;
    /// eprintln!("{}", gusset.check());
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(&self) -> CheckReport {
        CheckReport::new(&self.0)
    }

    /// Returns the telemetry, to build other layers, to record metrics, or to change the log's filter.
    pub fn telemetry(&self) -> &Telemetry {
        &self.0.telemetry
    }

    /// Returns the health, to read it or to change the life cycle.
    pub fn health(&self) -> &Health {
        &self.0.health
    }

    /// Returns the address of the management server, with the port that the system chose for port 0.
    pub fn management_addr(&self) -> Option<SocketAddr> {
        self.0.management_addr
    }
}

impl fmt::Debug for Gusset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gusset")
            .field("health", &self.0.health)
            .field("telemetry", &self.0.telemetry)
            .field("management_addr", &self.0.management_addr)
            .finish_non_exhaustive()
    }
}
