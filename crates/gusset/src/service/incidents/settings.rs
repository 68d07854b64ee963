//! The settings of incident reports.

use std::path::PathBuf;

use gusset_core::{ConfigError, Env};
#[cfg(feature = "serde")]
use gusset_incident::FlightRecorderBuilder;
use gusset_incident::{Directory, FlightRecorder, IncidentsBuilder};

use crate::kind::ConfigureFn;

/// Names the folder of reports.
const DIRECTORY_VARIABLE: &str = "GUSSET_INCIDENT_DIRECTORY";

/// The settings of reports.
pub(in crate::service) struct IncidentSettings {
    pub(in crate::service) directory: Option<PathBuf>,
    pub(in crate::service) configure: ConfigureFn<IncidentsBuilder>,
    /// The settings of a file.
    #[cfg(feature = "serde")]
    pub(in crate::service) config: crate::config::IncidentsConfig,
}

/// The settings of a service that has reports, and its recorder.
pub(in crate::service) struct Prepared {
    pub(super) directory: PathBuf,
    /// Where the reports are: the same folder, with its limits.
    pub(super) reports: Directory,
    pub(super) configure: ConfigureFn<IncidentsBuilder>,
    pub(super) recorder: FlightRecorder,
}

// === impl IncidentSettings ===

impl IncidentSettings {
    pub(in crate::service) fn new() -> Self {
        Self {
            directory: None,
            configure: Box::new(|incidents| incidents),
            #[cfg(feature = "serde")]
            config: crate::config::IncidentsConfig::default(),
        }
    }

    /// Makes the recorder. Returns `None` if no folder is set.
    pub(in crate::service) fn prepare(
        self,
        env: &Env<'_>,
    ) -> Result<Option<Prepared>, ConfigError> {
        let of_env = env.var(DIRECTORY_VARIABLE)?;
        let of_env = of_env.filter(|path| !path.is_empty());
        let directory = self.directory.clone().or(of_env.map(PathBuf::from));
        let Some(directory) = directory else {
            return Ok(None);
        };
        let (reports, recorder) = (Directory::new(&directory), FlightRecorder::builder());
        #[cfg(feature = "serde")]
        let (reports, recorder) = self.limits(reports, recorder);
        Ok(Some(Prepared {
            directory,
            reports,
            recorder: recorder.build()?,
            configure: self.configure(),
        }))
    }

    /// Applies the limits of a file.
    #[cfg(feature = "serde")]
    fn limits(
        &self,
        mut reports: Directory,
        mut recorder: FlightRecorderBuilder,
    ) -> (Directory, FlightRecorderBuilder) {
        if let Some(number) = self.config.max_reports {
            reports = reports.max_reports(number);
        }
        if let Some(bytes) = self.config.max_bytes {
            reports = reports.max_bytes(bytes);
        }
        if let Some(bytes) = self.config.max_memory_bytes {
            recorder = recorder.max_bytes(bytes);
        }
        (reports, recorder)
    }

    /// Returns what configures the reports: the settings of a file, and then code.
    fn configure(self) -> ConfigureFn<IncidentsBuilder> {
        #[cfg(feature = "serde")]
        {
            let (config, code) = (self.config, self.configure);
            Box::new(move |mut incidents| {
                if let Some(gap) = config.min_gap {
                    incidents = incidents.min_gap(gap);
                }
                if let Some(budget) = config.budget {
                    incidents = incidents.budget(budget);
                }
                code(incidents)
            })
        }
        #[cfg(not(feature = "serde"))]
        self.configure
    }
}
