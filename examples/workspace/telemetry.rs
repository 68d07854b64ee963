//! What all services of the workspace have in common: a crate of its own there, `our-telemetry`.
//!
//! A service needs no other line of telemetry, and a change here reaches all of them.

use gusset::GussetBuilder;
use gusset::http::TrustedProxies;
use gusset::otlp::Resource;

/// Sets up a service of the shop.
///
/// # Errors
/// As [`gusset::init`].
pub(crate) fn init(service: &str) -> Result<gusset::Gusset, gusset::Error> {
    builder(service)?.init()
}

/// Returns the settings, for a service that has more.
pub(crate) fn builder(service: &str) -> Result<GussetBuilder, gusset::Error> {
    let resource = Resource::from_env()
        .with("service.name", service)
        .with("service.namespace", "shop")
        .with("service.version", env!("CARGO_PKG_VERSION"));
    let proxies = TrustedProxies::cidrs(["10.0.0.0/8"]).expect("the range is valid");
    Ok(gusset::builder()
        .telemetry(|telemetry| telemetry.resource(resource))
        .http(|http| http.exclude_paths(["/internal/*"]).trusted_proxies(proxies)))
}
