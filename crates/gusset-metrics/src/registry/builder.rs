//! How a [`Registry`] is put together.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Bounds, Registry, spelling};
use crate::{ConfigError, names};

/// Puts a [`Registry`] together; made by [`Registry::builder`].
///
/// ```
/// use gusset_metrics::Registry;
///
/// # fn main() -> Result<(), gusset_metrics::ConfigError> {
/// let registry = Registry::builder()
///     .buckets("db.client.operation.duration", &[0.001, 0.01, 0.1, 1.0])
///     .exemplars(false)
///     .build()?;
///
/// let refused = Registry::builder().buckets("my.histogram", &[2.0, 1.0]).build();
/// assert_eq!(refused.unwrap_err().field(), "buckets.my.histogram");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct RegistryBuilder {
    buckets: Vec<(String, Vec<f64>)>,
    exemplars: Option<bool>,
}

// === impl RegistryBuilder ===

impl RegistryBuilder {
    /// Sets the ends of the buckets of one histogram, by the name it is recorded under. An end is
    /// inclusive; the bucket `+Inf` is always there and not listed. The last call for a name stands.
    ///
    /// A histogram never named here has the boundaries of [`names`](crate::names), if it is one of
    /// those and has any, else those of the unit it was described with:
    ///
    /// | unit | boundaries | from |
    /// |---|---|---|
    /// | seconds | 0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 | advice of the semantic conventions for `http.*` and `rpc.*` durations |
    /// | bytes | 0 64 256 1024 … 67108864, each four times the one before | ours: 64 B to 64 MiB; nobody advises |
    /// | any other | 0 5 10 25 50 75 100 250 500 750 1000 2500 5000 7500 10000 | default of OpenTelemetry's SDK |
    pub fn buckets(mut self, metric: impl Into<String>, ends: &[f64]) -> Self {
        self.buckets.push((metric.into(), ends.to_owned()));
        self
    }

    /// Whether histograms keep exemplars: the last value of each bucket that was recorded inside a
    /// sampled span, with the ids of that span. Unset, `OTEL_METRICS_EXEMPLAR_FILTER` says:
    /// `trace_based`, its default, is yes and `always_off` is no. `always_on` is as `trace_based`: an
    /// exemplar without a trace that was kept leads nowhere.
    pub fn exemplars(mut self, exemplars: bool) -> Self {
        self.exemplars = Some(exemplars);
        self
    }

    /// Builds the registry. Starts nothing, and makes nothing global.
    ///
    /// # Errors
    /// Names the field, if boundaries are none, not finite or not strictly ascending.
    pub fn build(self) -> Result<Registry, ConfigError> {
        self.build_with(|name| std::env::var(name).ok())
    }

    /// As [`build`](Self::build), with the environment given.
    ///
    /// # Errors
    /// Names the field, if boundaries are none, not finite or not strictly ascending.
    pub fn build_with(self, env: impl Fn(&str) -> Option<String>) -> Result<Registry, ConfigError> {
        let Self { buckets, exemplars } = self;
        let ours = names::ALL.iter().filter_map(|metric| {
            let ends = metric.boundaries?;
            Some((metric.name.to_owned(), ends.to_owned()))
        });
        let mut given = HashMap::new();
        for (metric, ends) in ours.chain(buckets) {
            let name = spelling::metric_name(&metric).into_owned();
            match Bounds::new(&ends) {
                Ok(bounds) => given.insert(name, Arc::new(bounds)),
                Err(fault) => return Err(ConfigError::new(format!("buckets.{metric}"), fault)),
            };
        }
        let exemplars = exemplars.unwrap_or_else(|| {
            let filter = env(EXEMPLAR_FILTER).unwrap_or_default();
            keeps_exemplars(filter.trim())
        });
        Ok(Registry::new(given, exemplars))
    }
}

const EXEMPLAR_FILTER: &str = "OTEL_METRICS_EXEMPLAR_FILTER";

/// What the specification's filters mean here. As it demands, one that is not known is warned of and
/// ignored, and an empty variable is none.
fn keeps_exemplars(filter: &str) -> bool {
    let is = |known: &str| filter.eq_ignore_ascii_case(known);
    if is("always_off") {
        return false;
    }
    if !(filter.is_empty() || is("trace_based") || is("always_on")) {
        tracing::warn!(
            "{EXEMPLAR_FILTER} is none of `trace_based`, `always_on` and `always_off`; it is ignored"
        );
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exemplars(filter: Option<&str>) -> bool {
        let filter = filter.map(str::to_owned);
        let env = |name: &str| filter.clone().filter(|_| name == EXEMPLAR_FILTER);
        Registry::builder().build_with(env).unwrap().exemplars
    }

    #[test]
    fn the_filter_of_the_environment_is_heeded_and_an_unknown_one_ignored() {
        for on in [
            None,
            Some(""),
            Some("trace_based"),
            Some("ALWAYS_ON"),
            Some("sometimes"),
        ] {
            assert!(exemplars(on), "{on:?}");
        }
        for off in [Some("always_off"), Some(" Always_Off ")] {
            assert!(!exemplars(off), "{off:?}");
        }
    }

    #[test]
    fn code_is_above_the_environment() {
        let off = |_: &str| Some("always_off".to_owned());
        let registry = Registry::builder().exemplars(true).build_with(off);
        assert!(registry.unwrap().exemplars);
    }
}
