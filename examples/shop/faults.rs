//! Faults on purpose, which nothing but the management server arms.

use std::sync::Arc;

use gusset::ConfigError;
use gusset::chaos::Chaos;
use gusset::chaos::control::ChaosControl;
use gusset::http::BearerToken;
use gusset::prometheus::PrometheusExporter;
use gusset::slo::Monitor;

use super::Options;

/// Builds what injects faults, which is off until it is armed.
///
/// It stops by itself when an objective is missed or a range is left. Of the environment it reads the resource alone:
/// `GUSSET_CHAOS_ARM_SECONDS` has no effect, so that an arming needs the token.
pub(crate) fn set_up(
    prometheus: &PrometheusExporter,
    monitor: Monitor,
) -> Result<Chaos, ConfigError> {
    let resource = |name: &str| match name {
        "OTEL_RESOURCE_ATTRIBUTES" => std::env::var(name).ok(),
        _ => None,
    };
    Chaos::builder()
        .metrics(prometheus.recorder())
        .steady_state(monitor)
        .build_with(resource)
}

/// Returns the endpoints that arm it, or `None` if the shop has no token.
pub(crate) fn control(
    options: &Options,
    chaos: &Chaos,
) -> Result<Option<ChaosControl>, ConfigError> {
    let Some(token) = &options.token else {
        return Ok(None);
    };
    let token = BearerToken::new("SHOP_TOKEN", token)?;
    Ok(Some(ChaosControl::new(chaos.clone(), Arc::new(token))))
}
