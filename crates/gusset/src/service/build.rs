//! Builds a service.

use std::sync::Arc;

use gusset_core::Env;
use tracing::dispatcher::with_default;

#[cfg(all(unix, feature = "incident"))]
use super::incidents::IncidentSettings;
use super::scope::Scope;
use super::{Error, Gusset, GussetBuilder, global};
#[cfg(feature = "config-file")]
use crate::declarative::Declared;

impl GussetBuilder {
    /// Sets everything up and makes it global: the `tracing` subscriber, the recorder of the `metrics`
    /// macros, the logger of the `log` crate, and the panic hook. For a second call see
    /// [`gusset::init`](crate::init).
    ///
    /// # Errors
    /// As [`gusset::init`](crate::init).
    pub fn init(self) -> Result<Gusset, Error> {
        global::init(|scope| self.build_in(Env::process(), scope))
    }

    /// Sets everything up with nothing global, any number of times in one process.
    ///
    /// The layers log to the subscriber of this object: their access log entries, and what the service logs
    /// during a call. Spawned tasks log to the global subscriber, unless they use
    /// `tracing::instrument::WithSubscriber`. Metrics of the `metrics` macros are recorded during a call
    /// of a server.
    ///
    /// # Errors
    /// If a setting or an environment variable is invalid, the management server cannot be bound, or no
    /// Tokio runtime is running.
    pub fn build(self) -> Result<Gusset, Error> {
        self.build_in(Env::process(), Scope::Local)
    }

    /// Sets everything up as [`build`](Self::build), with the environment variables that `env` returns.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_with(self, env: impl Fn(&str) -> Option<String>) -> Result<Gusset, Error> {
        self.build_in(Env::from_fn(&env), Scope::Local)
    }

    /// Builds what [`gusset::disabled`](crate::disabled) returns.
    pub(crate) fn disabled() -> Gusset {
        Self::new()
            .without_log()
            .without_traces()
            .without_metrics()
            .without_health()
            .without_management()
            .without_request_id()
            .build_in(Env::from_fn(&|_| None), Scope::Disabled)
            .expect("the defaults are valid, and nothing is started")
    }

    #[cfg(feature = "config-file")]
    fn build_in(mut self, env: Env<'_>, scope: Scope) -> Result<Gusset, Error> {
        let Some(declared) = Declared::load(env)? else {
            return self.build_below_code(env, scope);
        };
        let declared = Arc::new(declared);
        self.telemetry = self.telemetry.declared(&declared);
        self.parts.declared = Some(declared.clone());
        let lookup = |name: &str| declared.lookup(name, &env);
        let gusset = self.build_below_code(Env::from_lookup(&lookup), scope);
        gusset.map_err(|error| error.map_config(|error| declared.name_path(error)))
    }

    #[cfg(not(feature = "config-file"))]
    fn build_in(self, env: Env<'_>, scope: Scope) -> Result<Gusset, Error> {
        self.build_below_code(env, scope)
    }

    fn build_below_code(self, env: Env<'_>, scope: Scope) -> Result<Gusset, Error> {
        #[cfg(feature = "serde")]
        return self.build_with_file(env, scope);
        #[cfg(not(feature = "serde"))]
        self.build_from_env(env, scope)
    }

    pub(super) fn build_from_env(self, env: Env<'_>, scope: Scope) -> Result<Gusset, Error> {
        let Self {
            telemetry,
            signals,
            has_panic_hook,
            parts,
            ..
        } = self;
        #[cfg(all(unix, feature = "incident"))]
        let (telemetry, parts, incidents) = {
            let mut parts = parts;
            let settings = std::mem::replace(&mut parts.incidents, IncidentSettings::new());
            let before = super::incidents::prepare(telemetry, settings, &env)?;
            parts.recorded = before.recorded;
            (before.telemetry, parts, before.prepared)
        };
        let telemetry = telemetry
            .signals(signals)
            .without_metrics_listener()
            .build_in(env)?;
        let dispatch = telemetry.dispatch().clone();
        // The parts log while they are built.
        let inner = with_default(&dispatch, || parts.build(telemetry, signals, env, scope))?;
        // Last, so that an error before it leaves the process as it was.
        if scope == Scope::Global {
            let telemetry = &inner.telemetry;
            telemetry.install_global()?;
            if signals.metrics && telemetry.metrics.is_registry() {
                telemetry.prometheus().install_global()?;
            }
            if has_panic_hook {
                telemetry.install_panic_hook();
            }
        }
        if let Some(address) = inner.management_addr {
            with_default(&dispatch, || {
                tracing::info!(
                    target: "gusset",
                    { server.address = %address.ip(), server.port = address.port() },
                    "the management server listens"
                );
            });
        }
        let inner = Arc::new(inner);
        #[cfg(all(unix, feature = "incident"))]
        if let Some(incidents) = incidents {
            // Last, because it has what everything else shows, and its panic hook is outside of the others.
            with_default(&dispatch, || {
                incidents.start(&inner, scope == Scope::Global);
            });
        }
        Ok(Gusset(inner))
    }
}
