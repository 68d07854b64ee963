//! The operations page of a service.

use std::sync::Arc;

use gusset_core::ConfigError;
use gusset_health::Health;
use gusset_history::History;
use gusset_http::BearerToken;
use gusset_ops::{Operations, OperationsBuilder};

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
    #[cfg(all(unix, feature = "incident"))]
    pub(super) recorder: Option<&'a gusset_incident::FlightRecorder>,
    #[cfg(feature = "usage")]
    pub(super) usage: &'a gusset_usage::Usage,
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
        if let Some(token) = token {
            page = page.token(token);
        }
        if let Some(history) = self.history {
            page = page.history(history.clone());
        }
        #[cfg(feature = "diagnose")]
        if let Some(diagnosis) = self.diagnosis {
            page = page.part("diagnosis", diagnosis.clone());
        }
        if let Some(health) = self.health {
            page = page.part("health", health.clone());
        }
        #[cfg(feature = "breaker")]
        {
            page = page.part("breakers", super::breakers::shown(self.breakers));
        }
        #[cfg(feature = "slo")]
        if let Some(monitor) = self.monitor {
            page = page.part("objectives", monitor.clone());
        }
        #[cfg(feature = "usage")]
        {
            page = page.part("usage", gusset_usage::Usage::clone(self.usage));
        }
        #[cfg(all(unix, feature = "incident"))]
        if let Some(recorder) = self.recorder {
            page = page.recorder(recorder.clone());
        }
        configure(page).build()
    }
}
