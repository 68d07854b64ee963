//! Telemetry by the file of `OTEL_CONFIG_FILE`.

use gusset_core::{ConfigError, Env};

use super::{Telemetry, TelemetryBuilder};
use crate::declarative::Declared;

impl TelemetryBuilder {
    /// Adds what the file sets besides variables, below what code sets.
    pub(crate) fn declared(mut self, declared: &Declared) -> Self {
        let registry = self.metrics.registry;
        self.metrics.registry = registry.with_defaults(declared.registry.clone());
        self.file_warning = declared.warning();
        self
    }

    pub(super) fn build_with_file(self, env: Env<'_>) -> Result<Telemetry, ConfigError> {
        let Some(declared) = Declared::load(env)? else {
            return self.build_from_env(env);
        };
        let lookup = |name: &str| declared.lookup(name, &env);
        let builder = self.declared(&declared);
        let telemetry = builder.build_from_env(Env::from_lookup(&lookup));
        telemetry.map_err(|error| declared.name_path(error))
    }
}
