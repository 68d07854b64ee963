//! The sampler that the environment names.

use std::sync::Arc;

use super::{AlwaysOff, AlwaysOn, Decision, Ended, ParentBased, Ratio, Sampler, Sampling};

/// The variable that chooses.
pub const ENV: &str = "OTEL_TRACES_SAMPLER";

const ARG: &str = "OTEL_TRACES_SAMPLER_ARG";

/// The sampler that `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` choose:
/// `parentbased_always_on` unless they are set.
pub fn from_env() -> Arc<dyn Sampler> {
    from_lookup(|name| std::env::var(name).ok())
}

/// As [`from_env`], with the environment given.
///
/// Names are read whatever their case. One that is not known, `jaeger_remote` and `xray` too, and a
/// share that is no number from 0 to 1, are warned of and ignored, as the specification demands.
///
/// ```
/// use gusset_trace::Trace;
/// use gusset_trace::sample;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let sampler = sample::from_lookup(|name| match name {
///     sample::ENV => Some("parentbased_traceidratio".to_owned()),
///     _ => Some("0.1".to_owned()),
/// });
/// let trace = Trace::server().sampler(sampler).build()?;
/// # Ok(())
/// # }
/// ```
pub fn from_lookup(env: impl Fn(&str) -> Option<String>) -> Arc<dyn Sampler> {
    let named = env(ENV).unwrap_or_default().trim().to_ascii_lowercase();
    let ratio = || {
        let text = env(ARG).unwrap_or_default();
        match text.trim() {
            "" => Ratio::new(1.0),
            text => match text.parse() {
                Ok(share) if (0.0..=1.0).contains(&share) => Ratio::new(share),
                _ => {
                    tracing::warn!(
                        target: "gusset::trace",
                        "`{ARG}` is no number from 0 to 1, and is ignored: all traces are sampled"
                    );
                    Ratio::new(1.0)
                }
            },
        }
    };
    match &*named {
        "" | "parentbased_always_on" => Arc::new(ParentBased::new(AlwaysOn)),
        "always_on" => Arc::new(AlwaysOn),
        "always_off" => Arc::new(AlwaysOff),
        "traceidratio" => Arc::new(ratio()),
        "parentbased_always_off" => Arc::new(ParentBased::new(AlwaysOff)),
        "parentbased_traceidratio" => Arc::new(ParentBased::new(ratio())),
        _ => {
            tracing::warn!(
                target: "gusset::trace",
                "`{ENV}` names a sampler that is not known, and is ignored: it is `parentbased_always_on`"
            );
            Arc::new(ParentBased::new(AlwaysOn))
        }
    }
}

impl<S: Sampler + ?Sized> Sampler for Arc<S> {
    fn sample(&self, call: &Sampling<'_>) -> Decision {
        (**self).sample(call)
    }

    fn keep(&self, ended: &Ended) -> bool {
        (**self).keep(ended)
    }
}
