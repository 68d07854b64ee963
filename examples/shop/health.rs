//! Whether the shop is well, and how it ends: its checks, its probes, its shutdown.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use axum::Router;
use gusset::health::{
    Check, ConfigError, Health, Management, ManagementError, SharedDependency, ShutdownReport,
    probe_exit_code,
};
use gusset::http::EndpointService;
use gusset::prometheus::PrometheusExporter;

use super::Options;

/// The shop's health, seen on that page too. The payments server is everybody's: where it is down,
/// orders fail and all else goes on, so it informs and decides on nothing.
pub(crate) fn set_up(
    options: &Options,
    page: &PrometheusExporter,
    payments: SocketAddr,
) -> Result<Health, ConfigError> {
    let mut builder = Health::builder()
        .health_check(SharedDependency(Check::tcp("payments", payments.to_string())))
        .recorder(page.recorder())
        // With traffic of its own, Ctrl-C ends the traffic first.
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

/// The probes on the public router; and while it drains, the word to those who keep connections.
pub(crate) fn mount(app: Router, health: &Health) -> Router {
    let mount = |app: Router, (path, probe)| app.route_service(path, EndpointService::new(probe));
    health.probes().fold(app, mount).layer(health.connection_drain_layer())
}

/// The probes on a thread of their own, which answers when the shop's runtime does not; and the page.
pub(crate) fn listen(
    options: &Options,
    health: &Health,
    page: &PrometheusExporter,
) -> Result<Management, ManagementError> {
    let address = options.management();
    health
        .management()
        .address(address.ip())
        .port(address.port())
        .mount("/metrics", page.endpoint())
        .start()
}

/// Asks a shop on this machine whether it is ready, so that its image needs no `curl`.
pub(crate) fn probe(options: &Options) -> ExitCode {
    let mut address = options.management();
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    probe_exit_code(&address.to_string(), "/readyz")
}

/// Who did not end in time, in a line; nothing if all did.
pub(crate) fn unfinished_requests<T>(report: &ShutdownReport<T>) -> Option<String> {
    let named = report.unfinished_requests().iter();
    let named: Vec<_> = named
        .map(|(route, calls)| format!("{route}: {calls}"))
        .collect();
    (!named.is_empty()).then(|| named.join(", "))
}
