//! The sampler that the environment selects.

use std::sync::Arc;

use gusset_core::Env;

use super::{AlwaysOff, AlwaysOn, ParentBased, Sampler, TraceIdRatio};
use crate::env::var_or_warn;

/// The variable that selects the sampler.
pub const ENV: &str = "OTEL_TRACES_SAMPLER";

const ARG_ENV: &str = "OTEL_TRACES_SAMPLER_ARG";

/// Returns the sampler that `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` select.
///
/// Defaults to `parentbased_always_on`. Names are not case sensitive. An unknown sampler (also
/// `jaeger_remote` and `xray`) and a ratio that is not from 0 to 1 are ignored with a warning, as
/// OpenTelemetry specifies.
///
/// ```
/// use gusset_core::Env;
/// use gusset_trace::{TraceObserver, sampler};
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let env = Env::from_fn(&|name| match name {
///     sampler::ENV => Some("parentbased_traceidratio".to_owned()),
///     _ => Some("0.1".to_owned()),
/// });
/// let trace = TraceObserver::server().sampler(sampler::from_env(env)).build()?;
/// # Ok(())
/// # }
/// ```
pub fn from_env(env: Env<'_>) -> Arc<dyn Sampler> {
    let name = var_or_warn(env, ENV).unwrap_or_default();
    match &*name.to_ascii_lowercase() {
        "" | "parentbased_always_on" => Arc::new(ParentBased::new(AlwaysOn)),
        "always_on" => Arc::new(AlwaysOn),
        "always_off" => Arc::new(AlwaysOff),
        "traceidratio" => Arc::new(ratio(env)),
        "parentbased_always_off" => Arc::new(ParentBased::new(AlwaysOff)),
        "parentbased_traceidratio" => Arc::new(ParentBased::new(ratio(env))),
        _ => {
            tracing::warn!(
                target: "gusset::trace",
                "ignoring `{ENV}`: unknown sampler, using `parentbased_always_on`"
            );
            Arc::new(ParentBased::new(AlwaysOn))
        }
    }
}

fn ratio(env: Env<'_>) -> TraceIdRatio {
    let Some(text) = var_or_warn(env, ARG_ENV) else {
        return TraceIdRatio::new(1.0);
    };
    match text.parse() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => TraceIdRatio::new(ratio),
        _ => {
            tracing::warn!(
                target: "gusset::trace",
                "ignoring `{ARG_ENV}`: not a number from 0 to 1, sampling all traces"
            );
            TraceIdRatio::new(1.0)
        }
    }
}
