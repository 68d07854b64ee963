//! Builds a service with the settings of a file.

use std::sync::Arc;

use gusset_core::Env;
use serde_json::json;

use super::scope::Scope;
use super::{Error, Gusset, GussetBuilder};
use crate::Config;
use crate::config::{Checked, EffectiveConfig};

impl GussetBuilder {
    /// Sets the settings that the service has read from a file. Whatever the order of calls, code overrides
    /// environment variables, which override the file. The last call applies. See [`Config`].
    ///
    /// Invalid settings are errors of [`init`](Self::init) and [`build`](Self::build), which name the path:
    ///
    /// ```
    /// let config: gusset::Config = toml::from_str("[metrics.views.age]\nbuckets = [2.0, 1.0]")?;
    /// let error = gusset::builder().config(config).without_health().build().unwrap_err();
    /// assert_eq!(error.setting(), Some("metrics.views.age.buckets"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    pub(super) fn build_with_file(mut self, env: Env<'_>, scope: Scope) -> Result<Gusset, Error> {
        let config = std::mem::take(&mut self.config);
        let Checked {
            settings,
            variables,
            #[cfg(feature = "breaker")]
            breakers,
        } = config.check(&env)?;
        self.parts.config = self.effective(&config, env);
        #[cfg(feature = "breaker")]
        {
            self.parts.breakers = breakers;
        }
        let settings = Arc::new(settings);
        self.telemetry = self.telemetry.settings(&settings);
        self.parts = self.parts.settings(&settings);
        let Config {
            messaging_system,
            flush_deadline,
            panic_hook,
            logs,
            traces,
            metrics,
            health,
            management,
            #[cfg(feature = "system")]
            system,
            #[cfg(all(unix, feature = "incident"))]
            incidents,
            ..
        } = config;
        #[cfg(all(unix, feature = "incident"))]
        {
            self.parts.incidents.config = incidents;
        }
        let is_on = |enabled: Option<bool>| enabled.unwrap_or(true);
        self.parts.messaging_system = self.parts.messaging_system.or(messaging_system);
        self.parts.flush_deadline = self.parts.flush_deadline.or(flush_deadline);
        let token = management.controls_token;
        let token = token.map(|token| token.expose().to_owned());
        self.parts.controls_token = self.parts.controls_token.or(token);
        self.has_panic_hook &= is_on(panic_hook);
        self.signals.log &= is_on(logs.enabled);
        self.signals.traces &= is_on(traces.enabled);
        self.signals.metrics &= is_on(metrics.enabled);
        self.parts.has_health &= is_on(health.enabled);
        self.parts.has_management &= is_on(management.enabled);
        #[cfg(feature = "system")]
        {
            self.parts.system.is_on &= is_on(system.enabled);
        }
        let lookup = |name: &str| variables.lookup(name, &env);
        let code = self.code.clone();
        let gusset = self.build_from_env(Env::from_lookup(&lookup), scope);
        gusset.map_err(|error| error.map_config(|error| variables.name_path(error, &env, &code)))
    }

    /// Returns the settings that apply, with what is known of code.
    fn effective(&self, config: &Config, env: Env<'_>) -> EffectiveConfig {
        let mut effective = EffectiveConfig::new(config, env);
        let parts = &self.parts;
        #[cfg(feature = "config-file")]
        if let Some(declared) = &parts.declared {
            effective.name_paths(|variable| declared.path(variable));
        }
        if let Some(deadline) = parts.flush_deadline {
            let text = humantime::format_duration(deadline).to_string();
            effective.set_by_code("flush_deadline", json!(text));
        }
        if let Some(system) = &parts.messaging_system {
            effective.set_by_code("messaging_system", json!(system));
        }
        for (path, is_on) in [
            ("panic_hook", self.has_panic_hook),
            ("logs.enabled", self.signals.log),
            ("traces.enabled", self.signals.traces),
            ("metrics.enabled", self.signals.metrics),
            ("health.enabled", parts.has_health),
            ("management.enabled", parts.has_management),
        ] {
            if !is_on {
                effective.set_by_code(path, json!(false));
            }
        }
        #[cfg(all(unix, feature = "incident"))]
        if let Some(directory) = &parts.incidents.directory {
            effective.set_by_code("incidents.directory", json!(directory.to_string_lossy()));
        }
        #[cfg(feature = "system")]
        if !parts.system.is_on {
            effective.set_by_code("system.enabled", json!(false));
        }
        effective.with_code(self.code.clone())
    }
}
