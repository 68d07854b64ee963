#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The examples of these pages compile.
#[cfg(all(doctest, feature = "service"))]
#[doc = include_str!("../../../README.md")]
struct FrontPage;

#[cfg(all(doctest, feature = "service"))]
#[doc = include_str!("../../../docs/service.md")]
struct ServicePage;

#[cfg(all(doctest, feature = "service"))]
#[doc = include_str!("../../../docs/recorders.md")]
struct Recorders;

#[cfg(all(doctest, feature = "service"))]
#[doc = include_str!("../../../docs/pipelines.md")]
struct Pipelines;

#[cfg(all(doctest, feature = "service", feature = "system"))]
#[doc = include_str!("../../../docs/system.md")]
struct SystemPage;

#[cfg(all(doctest, feature = "service", feature = "breaker"))]
#[doc = include_str!("../../../docs/guide.md")]
struct Guide;

#[cfg(all(doctest, feature = "serde", feature = "breaker"))]
#[doc = include_str!("../../../docs/configuration.md")]
struct ConfigurationPage;

#[cfg(all(doctest, feature = "ops", feature = "log"))]
#[doc = include_str!("../../../docs/operations.md")]
struct OperationsPage;

#[cfg(all(doctest, feature = "breaker", feature = "jobs", feature = "messaging"))]
#[doc = include_str!("../../../docs/messages.md")]
struct MessagesPage;

#[cfg(all(doctest, feature = "usage"))]
#[doc = include_str!("../../../docs/usage.md")]
struct UsagePage;

#[cfg(all(doctest, feature = "service", feature = "slo"))]
#[doc = include_str!("../../../docs/objectives.md")]
struct ObjectivesPage;

// The code after each change of `docs/moving` compiles. The code before it is in a crate of its own.
#[cfg(all(doctest, feature = "axum", feature = "breaker", feature = "service"))]
mod moving {
    #[doc = include_str!("../../../docs/moving/tower-http.md")]
    struct TowerHttp;
    #[doc = include_str!("../../../docs/moving/axum-prometheus.md")]
    struct AxumPrometheus;
    #[doc = include_str!("../../../docs/moving/axum-otel-metrics.md")]
    struct AxumOtelMetrics;
    #[doc = include_str!("../../../docs/moving/axum-tracing-opentelemetry.md")]
    struct AxumTracingOpentelemetry;
    #[doc = include_str!("../../../docs/moving/metrics-exporter-prometheus.md")]
    struct MetricsExporterPrometheus;
    #[doc = include_str!("../../../docs/moving/tower-resilience.md")]
    struct TowerResilience;
}

#[cfg(feature = "slo")]
mod catalogue;
#[cfg(feature = "serde")]
pub mod config;
#[cfg(feature = "config-file")]
mod declarative;
#[cfg(feature = "telemetry")]
mod error;
mod instrumentation;
pub mod kind;
#[cfg(all(feature = "browser", feature = "slo"))]
mod page_objectives;
#[cfg(feature = "service")]
mod service;
#[cfg(feature = "trace")]
mod span_sinks;
#[cfg(feature = "telemetry")]
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "admin")]
#[doc(no_inline)]
pub use gusset_admin as admin;
#[cfg(feature = "breaker")]
#[doc(no_inline)]
pub use gusset_breaker as breaker;
#[cfg(feature = "browser")]
#[doc(no_inline)]
pub use gusset_browser as browser;
#[cfg(feature = "chaos")]
#[doc(no_inline)]
pub use gusset_chaos as chaos;
#[cfg(feature = "client")]
#[doc(no_inline)]
pub use gusset_client as client;
pub use gusset_core::*;
#[cfg(any(feature = "log", feature = "trace"))]
#[doc(no_inline)]
pub use gusset_data as data;
#[cfg(feature = "diagnose")]
#[doc(no_inline)]
pub use gusset_diagnose as diagnose;
#[cfg(feature = "health")]
#[doc(no_inline)]
pub use gusset_health as health;
#[cfg(feature = "history")]
#[doc(no_inline)]
pub use gusset_history as history;
#[doc(no_inline)]
pub use gusset_http as http;
#[cfg(all(unix, feature = "incident"))]
#[doc(no_inline)]
pub use gusset_incident as incident;
#[cfg(feature = "jobs")]
#[doc(no_inline)]
pub use gusset_jobs as jobs;
#[cfg(feature = "log")]
#[doc(no_inline)]
pub use gusset_log as log;
#[cfg(feature = "macros")]
pub use gusset_macros::operation;
#[cfg(feature = "messaging")]
#[doc(no_inline)]
pub use gusset_messaging as messaging;
#[cfg(feature = "metrics")]
#[doc(no_inline)]
pub use gusset_metrics as metrics;
#[cfg(feature = "opentelemetry")]
#[doc(inline)]
pub use gusset_opentelemetry as opentelemetry;
#[cfg(feature = "ops")]
#[doc(no_inline)]
pub use gusset_ops as ops;
#[cfg(feature = "otlp")]
#[doc(no_inline)]
pub use gusset_otlp as otlp;
#[cfg(feature = "profile")]
#[doc(no_inline)]
pub use gusset_profile as profile;
#[cfg(feature = "prometheus")]
#[doc(no_inline)]
pub use gusset_prometheus as prometheus;
#[cfg(feature = "propagation")]
#[doc(no_inline)]
pub use gusset_propagation as propagation;
#[cfg(feature = "slo")]
#[doc(no_inline)]
pub use gusset_slo as slo;
#[cfg(feature = "system")]
#[doc(no_inline)]
pub use gusset_system as system;
#[cfg(feature = "trace")]
#[doc(no_inline)]
pub use gusset_trace as trace;
#[cfg(feature = "usage")]
#[doc(no_inline)]
pub use gusset_usage as usage;

#[cfg(feature = "slo")]
pub use self::catalogue::catalogue;
#[cfg(feature = "serde")]
pub use self::config::Config;
#[cfg(feature = "telemetry")]
pub use self::error::InstallError;
pub use self::instrumentation::{
    Instrumentation, InstrumentationBuilder, InstrumentationLayer, Instrumented,
};
#[cfg(all(feature = "browser", feature = "slo"))]
pub use self::page_objectives::page_objectives;
#[cfg(feature = "jobs")]
pub use self::service::JobObservers;
#[cfg(feature = "messaging")]
pub use self::service::WorkerService;
#[cfg(feature = "service")]
pub use self::service::{
    CallLayer, CheckReport, Error, Finding, Gusset, GussetBuilder, OperationObservers, ServerLayer,
    ServerOutput,
};
#[cfg(feature = "telemetry")]
pub use self::telemetry::{ShutdownReport, Telemetry, TelemetryBuilder};

/// Sets up everything for a service, by defaults and environment variables, and makes it global: log,
/// traces, metrics, request ids, health with its life cycle, the panic hook, and the management server
/// with scrape endpoint and probes.
///
/// Call it once, at the start of `main`. [`builder`] leaves parts out, configures them, or keeps
/// everything local. Tests use [`disabled`] or the `testing` module.
///
/// A second call does not fail, so that a test may set up what another one has. It logs a warning, and
/// returns what the first call on this Tokio runtime returned, whatever its own settings are. On another
/// runtime, or after the first one was dropped, it sets up another [`Gusset`] with nothing global, as
/// [`GussetBuilder::build`] does, with a management server on a free port.
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
///
/// # Errors
/// If an environment variable is invalid, the process has a global subscriber or recorder of other code,
/// the management server cannot be bound, or no Tokio runtime is running.
#[cfg(feature = "service")]
pub fn init() -> Result<Gusset, Error> {
    builder().init()
}

/// Returns a [`Gusset`] that is off, for tests of the service: no signals, request ids, health checks or
/// management server. It reads no environment variables, needs no Tokio runtime, and nothing is global.
///
/// Its layers pass requests and responses on. What the service logs goes to the subscriber of the test,
/// if it has any. Circuit breakers work, because the service depends on them.
///
/// ```
/// use axum::{Router, routing::get};
/// use gusset::Gusset;
///
/// fn app(gusset: &Gusset) -> Router {
///     Router::new().route("/users/{id}", get(|| async { "a user" })).layer(gusset.http())
/// }
///
/// // In `main`: `app(&gusset::init()?)`. In a test:
/// let app = app(&gusset::disabled());
/// ```
#[cfg(feature = "service")]
pub fn disabled() -> Gusset {
    GussetBuilder::disabled()
}

/// Configures what [`init`] sets up. [`GussetBuilder::build`] sets up the same with nothing global, any
/// number of times in one process.
///
/// ```
/// # fn main() -> Result<(), gusset::Error> {
/// let gusset = gusset::builder().without_health().without_management().build()?;
/// let layer = gusset.http();
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "service")]
pub fn builder() -> GussetBuilder {
    GussetBuilder::new()
}

/// Instruments an HTTP server.
///
/// ```
/// # fn main() -> Result<(), gusset::ConfigError> {
/// let gusset = gusset::http().exclude_paths(["/internal/*"]).build()?;
/// let layer = gusset.layer();
/// # Ok(())
/// # }
/// ```
pub fn http() -> InstrumentationBuilder<kind::HttpServer> {
    InstrumentationBuilder::new(kind::HttpServer::default())
}

/// Instruments an HTTP client: `hyper_util`'s legacy client, or any Tower service that sends
/// requests. The feature `hyper` reports why a request failed.
///
/// ```
/// # fn main() -> Result<(), gusset::ConfigError> {
/// let server = gusset::http().build()?;
/// let client = gusset::http_client().prometheus(server.prometheus()).build()?;
/// let layer = client.layer();
/// # Ok(())
/// # }
/// ```
pub fn http_client() -> InstrumentationBuilder<kind::HttpClient> {
    InstrumentationBuilder::new(kind::HttpClient::default())
}

/// Instruments a gRPC server. Health checks (`grpc.health.v1.Health`) are excluded by default.
///
/// ```
/// # fn main() -> Result<(), gusset::ConfigError> {
/// let gusset = gusset::grpc().build()?;
/// let layer = gusset.layer();
/// # Ok(())
/// # }
/// ```
pub fn grpc() -> InstrumentationBuilder<kind::GrpcServer> {
    InstrumentationBuilder::new(kind::GrpcServer::default())
}

/// Instruments a gRPC client, for example a tonic channel.
///
/// ```
/// # fn main() -> Result<(), gusset::ConfigError> {
/// let gusset = gusset::grpc_client().build()?;
/// let layer = gusset.layer();
/// # Ok(())
/// # }
/// ```
pub fn grpc_client() -> InstrumentationBuilder<kind::GrpcClient> {
    InstrumentationBuilder::new(kind::GrpcClient::default())
}

/// Instruments a message consumer, or any `Service<Req, Response = Res>` that is not HTTP. `system` is
/// the messaging system (`messaging.system`): `kafka`, `channel`.
///
/// ```
/// # fn main() -> Result<(), gusset::ConfigError> {
/// let gusset = gusset::message_consumer::<String, ()>("channel").build()?;
/// let layer = gusset.layer();
/// # Ok(())
/// # }
/// ```
pub fn message_consumer<Req: 'static, Res: 'static>(
    system: impl Into<String>,
) -> InstrumentationBuilder<kind::Consumer<Req, Res>> {
    InstrumentationBuilder::new(kind::Consumer::new(system.into()))
}

/// Instruments operations: plain code, databases, and messages that are sent.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let operations = gusset::operations().build()?;
/// let reprice = operations.operation("reprice");
/// reprice.run(async { Ok::<_, std::io::Error>(()) }).await?;
/// # Ok(())
/// # }
/// ```
pub fn operations() -> InstrumentationBuilder<kind::Operations> {
    InstrumentationBuilder::new(kind::Operations)
}

/// Sets up logs, traces and metrics of a process, by defaults and environment variables.
///
/// ```
/// # fn main() -> Result<(), gusset::ConfigError> {
/// let telemetry = gusset::telemetry().otlp(|otlp| otlp.endpoint("http://127.0.0.1:4318")).build()?;
/// let server = telemetry.http().build()?;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "telemetry")]
pub fn telemetry() -> TelemetryBuilder {
    TelemetryBuilder::new()
}
