//! The shop's health: its check, its probes and its shutdown.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use axum::Router;
use gusset::ConfigError;
use gusset::admin::ManagementServer;
use gusset::chaos::Chaos;
use gusset::health::{Check, Health, SharedDependency, ShutdownReport, probe_exit_code};
use gusset::http::EndpointService;
use gusset::ops::Operations;
use gusset::profile::ProfileEndpoints;
use gusset::prometheus::PrometheusExporter;
use gusset::slo::ServiceLevels;

use super::{BoxError, Options, faults};

/// Builds the health of the shop, and reports it as metrics too.
///
/// Every shop uses the same payment service. If it is down, orders fail and everything else works, so
/// its check does not make the shop unready.
pub(crate) fn set_up(
    options: &Options,
    prometheus: &PrometheusExporter,
    payments: SocketAddr,
) -> Result<Health, ConfigError> {
    let mut builder = Health::builder()
        .health_check(SharedDependency(Check::tcp(
            "payments",
            payments.to_string(),
        )))
        .recorder(prometheus.recorder())
        // With `--traffic`, Ctrl-C stops the traffic first.
        .handle_signals(!options.traffic);
    if let Some(delay) = options.drain {
        builder = builder.drain_delay(delay);
    }
    if let Some(deadline) = options.deadline {
        builder = builder.in_flight_deadline(deadline);
    }
    if let Some(deadline) = options.live {
        builder = builder.live_deadline(deadline);
    }
    if let Some(token) = &options.token {
        builder = builder.details_token(token.clone());
    }
    builder.build()
}

/// Adds the probes to the public router. During shutdown, responses close their connections.
pub(crate) fn mount(app: Router, health: &Health) -> Router {
    let mount = |app: Router, (path, probe)| app.route_service(path, EndpointService::new(probe));
    health
        .probes()
        .fold(app, mount)
        .layer(health.connection_drain_layer())
}

/// Serves probes, metrics, profiles, rules, dashboards, the operations page and the control of faults on a thread of
/// their own, which responds even if the shop's runtime is stuck.
pub(crate) fn listen(
    options: &Options,
    health: &Health,
    prometheus: &PrometheusExporter,
    levels: &ServiceLevels,
    page: &Operations,
    chaos: &Chaos,
) -> Result<ManagementServer, BoxError> {
    let address = options.management();
    let mut profiles = ProfileEndpoints::builder();
    if let Some(token) = &options.token {
        profiles = profiles.token(token.clone());
    }
    let server = ManagementServer::builder()
        .host(address.ip().to_string())
        .port(address.port())
        .mount(health.probe_routes())
        .mount(prometheus.endpoint())
        .mount(profiles.build()?)
        .mount(levels.endpoints())
        .mount(page.endpoints());
    let server = match faults::control(options, chaos)? {
        Some(control) => server.mount(control),
        None => server,
    };
    Ok(server.start()?)
}

/// Probes a shop on this machine, so that its image does not need `curl`.
pub(crate) fn probe(options: &Options) -> ExitCode {
    let mut address = options.management();
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    probe_exit_code(&address.to_string(), "/readyz")
}

/// Returns the routes of requests that did not finish in time, or `None` if all did.
pub(crate) fn unfinished_requests<T>(report: &ShutdownReport<T>) -> Option<String> {
    let routes = report.unfinished_requests().iter();
    let routes: Vec<_> = routes
        .map(|(route, count)| format!("{route}: {count}"))
        .collect();
    (!routes.is_empty()).then(|| routes.join(", "))
}
