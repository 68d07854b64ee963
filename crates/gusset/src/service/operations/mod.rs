//! The operations page of a service.

#[cfg(feature = "chaos")]
mod chaos;
#[cfg(all(unix, feature = "incident"))]
mod history_of;
mod log_filter;
mod log_output;
#[cfg(feature = "browser")]
mod page_loads;
#[cfg(feature = "system")]
mod system;

use std::sync::Arc;

use gusset_core::ConfigError;
use gusset_health::Health;
use gusset_history::History;
use gusset_http::BearerToken;
use gusset_ops::{Operations, OperationsBuilder};

use self::log_filter::LogFilter;
use crate::Telemetry;
use crate::kind::ConfigureFn;

const UNKNOWN_SERVICE: &str = "unknown_service";

/// What the page of a service shows.
pub(super) struct Shown<'a> {
    pub(super) health: Option<&'a Health>,
    #[cfg(feature = "breaker")]
    pub(super) breakers: &'a super::breakers::Breakers,
    pub(super) history: Option<&'a History>,
    #[cfg(feature = "diagnose")]
    pub(super) diagnosis: Option<&'a gusset_diagnose::LatestDiagnosis>,
    #[cfg(feature = "slo")]
    pub(super) monitor: Option<&'a gusset_slo::Monitor>,
    #[cfg(feature = "chaos")]
    pub(super) chaos: &'a gusset_chaos::Chaos,
    #[cfg(feature = "system")]
    pub(super) system: Option<&'a Arc<gusset_system::SystemSampler>>,
    #[cfg(feature = "serde")]
    pub(super) config: &'a crate::config::EffectiveConfig,
    #[cfg(all(unix, feature = "incident"))]
    pub(super) recorded: Option<&'a super::incidents::Recorded>,
    #[cfg(feature = "usage")]
    pub(super) usage: &'a gusset_usage::Usage,
    /// Whether there is a log, whose filter can be changed.
    pub(super) has_log: bool,
    /// Whether the rules and dashboards of service levels are served.
    pub(super) has_rules: bool,
}

// === impl Shown ===

impl Shown<'_> {
    /// Builds the page, with the settings of the service last.
    pub(super) fn page(
        self,
        configure: ConfigureFn<OperationsBuilder>,
        telemetry: &Telemetry,
        token: Option<Arc<BearerToken>>,
    ) -> Result<Operations, ConfigError> {
        let service = telemetry.service_name();
        let service = service.unwrap_or_else(|| UNKNOWN_SERVICE.to_owned());
        let mut page = Operations::builder(service).redaction(telemetry.redaction().clone());
        if let Some(history) = self.history {
            page = page.history(history.clone()).link("metrics", "/metrics");
        }
        if self.has_rules {
            page = page.link("rules and dashboards", "/slo");
        }
        page = self.parts(page);
        if let Some(token) = token {
            page = page.token(token);
            if self.has_log {
                let filter = telemetry.log_filter_handle().clone();
                page = page.setting("log-filter", LogFilter(filter));
            }
            #[cfg(all(unix, feature = "incident"))]
            if let Some(recorded) = self.recorded {
                page = recorded.add_capture(page);
            }
        }
        configure(page).build()
    }

    fn parts(&self, mut page: OperationsBuilder) -> OperationsBuilder {
        #[cfg(feature = "diagnose")]
        if let Some(diagnosis) = self.diagnosis {
            page = page.part("diagnosis", diagnosis.clone());
        }
        if let Some(health) = self.health {
            let lifecycle = health.lifecycle().clone();
            page = page.fact("phase", move || lifecycle.phase().as_str().into());
            let health = health.clone();
            #[cfg(all(unix, feature = "incident"))]
            let health = history_of::with_changes(health, self.recorded, &["check ", "phase"]);
            page = page.part("health", health);
        }
        #[cfg(feature = "breaker")]
        {
            let breakers = super::breakers::shown(self.breakers);
            #[cfg(all(unix, feature = "incident"))]
            let breakers = history_of::with_changes(breakers, self.recorded, &["breaker "]);
            page = page.part("breakers", breakers);
        }
        #[cfg(feature = "slo")]
        if let Some(monitor) = self.monitor {
            page = page.part("objectives", monitor.clone());
        }
        #[cfg(feature = "usage")]
        {
            page = page.part("usage", gusset_usage::Usage::clone(self.usage));
        }
        #[cfg(feature = "browser")]
        if let Some(history) = self.history {
            page = page.part("pages", page_loads::shown(history));
        }
        #[cfg(feature = "system")]
        if let Some(system) = self.system {
            page = page.part("system", system::state(system));
        }
        #[cfg(feature = "chaos")]
        {
            page = page.part("chaos", chaos::state(self.chaos.clone()));
        }
        if let (true, Some(history)) = (self.has_log, self.history) {
            page = page.part("log-output", log_output::state(history.clone()));
        }
        #[cfg(feature = "serde")]
        {
            page = page.part("configuration", self.config.clone());
        }
        #[cfg(all(unix, feature = "incident"))]
        if let Some(recorded) = self.recorded {
            page = recorded.add_to(page);
        }
        page
    }
}
