//! The settings of incident reports.

use std::path::PathBuf;

use gusset_core::{ConfigError, Env};
use gusset_incident::{FlightRecorder, IncidentsBuilder};

use crate::kind::ConfigureFn;

/// Names the folder of reports.
const DIRECTORY_VARIABLE: &str = "GUSSET_INCIDENT_DIRECTORY";

/// The settings of reports.
pub(in crate::service) struct IncidentSettings {
    pub(in crate::service) directory: Option<PathBuf>,
    pub(in crate::service) configure: ConfigureFn<IncidentsBuilder>,
}

/// The settings of a service that has reports, and its recorder.
pub(in crate::service) struct Prepared {
    pub(super) directory: PathBuf,
    pub(super) configure: ConfigureFn<IncidentsBuilder>,
    pub(super) recorder: FlightRecorder,
}

// === impl IncidentSettings ===

impl IncidentSettings {
    pub(in crate::service) fn new() -> Self {
        Self {
            directory: None,
            configure: Box::new(|incidents| incidents),
        }
    }

    /// Makes the recorder. Returns `None` if no folder is set.
    pub(in crate::service) fn prepare(
        self,
        env: &Env<'_>,
    ) -> Result<Option<Prepared>, ConfigError> {
        let of_env = env.var(DIRECTORY_VARIABLE)?;
        let of_env = of_env.filter(|path| !path.is_empty());
        let Some(directory) = self.directory.or(of_env.map(PathBuf::from)) else {
            return Ok(None);
        };
        Ok(Some(Prepared {
            directory,
            configure: self.configure,
            recorder: FlightRecorder::builder().build()?,
        }))
    }
}
