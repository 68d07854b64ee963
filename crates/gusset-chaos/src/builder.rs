//! The settings.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::{ConfigError, Env};
use gusset_data::{Resource, SharedRecorder, SteadyState};
use gusset_http::PathFilter;

use crate::arming::{Guard, STEADY_STATE, violation};
use crate::metrics::Metrics;
use crate::state::{Settings, Shared};
use crate::{Arming, Chaos, Limits, RuleSet};

/// Configures a [`Chaos`]. Created by [`Chaos::builder`].
///
/// Environment variables, of which those for arming have no default:
///
/// | variable | sets |
/// |---|---|
/// | `GUSSET_CHAOS_ARM_SECONDS` | arms at the start, for this time |
/// | `GUSSET_CHAOS_ALLOW_PRODUCTION` | the reason in words, without which it is not armed in production |
/// | `GUSSET_CHAOS_DRY_RUN` | `true`: only counts |
/// | `GUSSET_CHAOS_RULES` | the rules as JSON, if the code sets none (feature `control`) |
/// | `GUSSET_CHAOS_SEED` | the seed, if the code sets none |
/// | `OTEL_RESOURCE_ATTRIBUTES` | the environment, as `deployment.environment.name` |
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ChaosBuilder {
    rules: Option<RuleSet>,
    seed: Option<u64>,
    limits: Limits,
    environment: Option<String>,
    excluded: PathFilter,
    has_header: bool,
    recorder: Option<SharedRecorder>,
    guards: Vec<(String, Guard)>,
}

/// The paths of gRPC's health service, and of the controls of the management server.
const EXCLUDED: [&str; 4] = [
    "/grpc.health.v1.Health/*",
    "/chaos/*",
    "/log-filter",
    "/trace-sampling",
];

// === impl Chaos ===

impl Chaos {
    /// Configures a set of layers.
    pub fn builder() -> ChaosBuilder {
        let mut excluded = PathFilter::excluding(PathFilter::DEFAULT_EXCLUDED);
        excluded.exclude(EXCLUDED);
        ChaosBuilder {
            rules: None,
            seed: None,
            limits: Limits::new(),
            environment: None,
            excluded,
            has_header: true,
            recorder: None,
            guards: Vec::new(),
        }
    }
}

// === impl ChaosBuilder ===

impl ChaosBuilder {
    /// Sets the rules. Defaults to none; [`Chaos::set_rules`] replaces them.
    pub fn rules(mut self, rules: RuleSet) -> Self {
        self.rules = Some(rules);
        self
    }

    /// Sets the seed of the draws. Defaults to 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets the limits of each arming. Defaults to 100 active faults.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the environment: `staging`, `test`. Defaults to `deployment.environment.name` of
    /// `OTEL_RESOURCE_ATTRIBUTES`. One without a name may be production.
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment = Some(name.into());
        self
    }

    /// Adds paths that no rule hits, as [`PathFilter::exclude`]. Those of probes, scrapes and controls always are.
    pub fn exclude_paths<I>(mut self, paths: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.excluded.exclude(paths);
        self
    }

    /// Leaves out the response header `x-gusset-chaos`.
    pub fn without_header(mut self) -> Self {
        self.has_header = false;
        self
    }

    /// Stops every arming, also one by the environment or the management server, when a function returns a reason. As
    /// [`Arming::stop_when`].
    pub fn stop_when(
        mut self,
        name: impl Into<String>,
        guard: impl Fn() -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.guards.push((name.into(), Arc::new(guard)));
        self
    }

    /// Stops every arming when the service is not in its steady state. As [`Arming::steady_state`].
    pub fn steady_state(self, state: impl SteadyState) -> Self {
        self.stop_when(STEADY_STATE, violation(state))
    }

    /// Removes the conditions to stop that were added so far, for experiments that allow a violation. They set their own
    /// with [`Arming::stop_when`].
    ///
    /// ```
    /// use gusset_chaos::{Arming, Chaos};
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Chaos::builder().environment("test").stop_when("orders", || Some("they fail".into()));
    /// let arming = Arming::for_at_most(Duration::from_secs(60));
    /// assert!(builder.clone().build()?.arm(arming.clone()).is_err());
    /// assert!(builder.without_stop_conditions().build()?.arm(arming).is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub fn without_stop_conditions(mut self) -> Self {
        self.guards.clear();
        self
    }

    /// Sets the recorder of the metrics in [`names`](crate::names). Defaults to none.
    pub fn metrics(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Builds, and arms if the environment variables require it.
    ///
    /// # Errors
    /// If a variable is not valid, or the arming that it requires is refused.
    pub fn build(self) -> Result<Chaos, ConfigError> {
        self.build_in(Env::process())
    }

    /// Builds with environment variables from a function, for tests: `build_with(|_| None)` reads none.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with(self, var: impl Fn(&str) -> Option<String>) -> Result<Chaos, ConfigError> {
        self.build_in(Env::from_fn(&var))
    }

    /// Builds with environment variables of `env`.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_in(self, env: Env<'_>) -> Result<Chaos, ConfigError> {
        let Self {
            rules,
            seed,
            limits,
            environment,
            excluded,
            has_header,
            recorder,
            guards,
        } = self;
        let rules = match rules {
            Some(rules) => rules,
            None => rules_of(env)?,
        };
        let seed = match seed {
            Some(seed) => seed,
            None => number(env, "GUSSET_CHAOS_SEED")?.unwrap_or_default(),
        };
        let settings = Settings {
            seed,
            limits,
            environment: environment.or_else(|| environment_of(env)),
            excluded,
            has_header,
            guards,
        };
        let shared = Shared::new(settings, rules, Metrics::new(recorder));
        let chaos = Chaos(Arc::new(shared));
        if let Some(seconds) = number(env, ARM_SECONDS)? {
            let arming = Arming::for_at_most(Duration::from_secs(seconds));
            let arming = match env.var("GUSSET_CHAOS_ALLOW_PRODUCTION")? {
                Some(reason) => arming.allow_production(reason),
                None => arming,
            };
            let arming = match env.var("GUSSET_CHAOS_DRY_RUN")?.as_deref() {
                Some("true") => arming.dry_run(),
                Some("false") | None => arming,
                Some(_) => {
                    let reason = "neither `true` nor `false`";
                    return Err(ConfigError::new("GUSSET_CHAOS_DRY_RUN", reason));
                }
            };
            let armed = chaos.arm(arming);
            armed.map_err(|error| ConfigError::new(ARM_SECONDS, error))?;
        }
        Ok(chaos)
    }
}

const ARM_SECONDS: &str = "GUSSET_CHAOS_ARM_SECONDS";

fn number(env: Env<'_>, name: &str) -> Result<Option<u64>, ConfigError> {
    let value = env.var(name)?.map(|value| value.parse());
    let value = value.transpose();
    value.map_err(|_| ConfigError::new(name, "not a whole number"))
}

#[cfg(feature = "control")]
fn rules_of(env: Env<'_>) -> Result<RuleSet, ConfigError> {
    const NAME: &str = "GUSSET_CHAOS_RULES";
    match env.var(NAME)? {
        Some(text) => RuleSet::from_json(&text).map_err(|error| ConfigError::new(NAME, error)),
        None => Ok(RuleSet::default()),
    }
}

#[cfg(not(feature = "control"))]
fn rules_of(env: Env<'_>) -> Result<RuleSet, ConfigError> {
    const NAME: &str = "GUSSET_CHAOS_RULES";
    match env.var(NAME)? {
        Some(_) => Err(ConfigError::new(NAME, "needs the feature `control`")),
        None => Ok(RuleSet::default()),
    }
}

/// Returns the environment, by the name of semantic conventions 1.27 and later, or by the one before.
fn environment_of(env: Env<'_>) -> Option<String> {
    let resource = Resource::from_env_in(env);
    let attribute = |name| {
        let mut attributes = resource.attributes();
        attributes
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    attribute("deployment.environment.name").or_else(|| attribute("deployment.environment"))
}

impl fmt::Debug for ChaosBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosBuilder")
            .field("seed", &self.seed)
            .field("limits", &self.limits)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
