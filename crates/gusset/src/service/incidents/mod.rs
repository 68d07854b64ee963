//! Incident reports of a service: its recorder, its file, and what detects trouble.

mod endpoint;
#[cfg(feature = "ops")]
mod page;
mod settings;
mod states;

use std::sync::{Arc, OnceLock, Weak};
use std::thread;
use std::time::Duration;

use gusset_incident::{
    BlackBox, BlackBoxWriter, Directory, EndCause, ErrorShare, FlightRecorder, Incidents,
    IncidentsBuilder, MemoryPressure, OutOfMemory, Trigger, previous_runs,
};
use gusset_system::Snapshot;

use gusset_core::Env;
use gusset_http::BearerToken;

use self::endpoint::IncidentEndpoints;
pub(super) use self::settings::IncidentSettings;
use self::settings::Prepared;
use super::{Error, Inner};
use crate::TelemetryBuilder;

/// The file has what happened up to this time before the end.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);

const UNKNOWN_SERVICE: &str = "unknown_service";

/// The reports of a service that runs.
pub(super) struct Running {
    incidents: Arc<Incidents>,
    writer: Option<BlackBoxWriter>,
    previous_end: Option<EndCause>,
}

/// A place for what is known when everything else is built.
pub(super) type RunningCell = Arc<OnceLock<Running>>;

/// What the layers and the management server of a service with reports have.
pub(super) struct Recorded {
    pub(super) recorder: FlightRecorder,
    pub(super) running: RunningCell,
    directory: Directory,
}

/// The parts of reports that are made before telemetry.
pub(super) struct BeforeTelemetry {
    /// With the recorder as a sink of log records.
    pub(super) telemetry: TelemetryBuilder,
    pub(super) recorded: Option<Recorded>,
    pub(super) prepared: Option<Prepared>,
}

/// Makes the parts that telemetry needs: the recorder is one of its sinks of log records.
pub(super) fn prepare(
    telemetry: TelemetryBuilder,
    settings: IncidentSettings,
    env: &Env<'_>,
) -> Result<BeforeTelemetry, Error> {
    let Some(prepared) = settings.prepare(env)? else {
        return Ok(BeforeTelemetry {
            telemetry,
            recorded: None,
            prepared: None,
        });
    };
    let recorder = prepared.recorder.clone();
    Ok(BeforeTelemetry {
        telemetry: telemetry.logs(recorder.clone()),
        recorded: Some(Recorded {
            recorder,
            running: RunningCell::default(),
            directory: prepared.reports.clone(),
        }),
        prepared: Some(prepared),
    })
}

// === impl Recorded ===

impl Recorded {
    /// Returns what is mounted on the management server.
    pub(super) fn endpoints(&self, token: Option<Arc<BearerToken>>) -> IncidentEndpoints {
        IncidentEndpoints {
            running: Arc::clone(&self.running),
            directory: self.directory.clone(),
            token,
        }
    }
}

// === impl Running ===

impl Running {
    pub(super) fn incidents(&self) -> &Incidents {
        &self.incidents
    }

    pub(super) fn previous_end(&self) -> Option<&EndCause> {
        self.previous_end.as_ref()
    }

    /// Marks the run as shut down.
    pub(super) fn end_cleanly(&self) {
        if let Some(writer) = &self.writer {
            writer.end_cleanly();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A service without `serve` ends when it is dropped. What unwinds has not ended cleanly.
        if !thread::panicking() {
            self.end_cleanly();
        }
    }
}

// === impl Prepared ===

impl Prepared {
    /// Starts to record and to detect, and reports the run before.
    ///
    /// What cannot start is a warning: a service starts without its diagnostics. `is_global` is for a service that has the
    /// process: its panic hook, and its signals.
    pub(super) fn start(self, inner: &Arc<Inner>, is_global: bool) {
        let Self {
            directory,
            reports,
            configure,
            recorder,
        } = self;
        let service = inner.telemetry.service_name();
        let service = service.unwrap_or_else(|| UNKNOWN_SERVICE.to_owned());
        let file = BlackBox::builder(&service).create(&directory);
        let writer = file.and_then(|file| BlackBoxWriter::start(&recorder, file, WRITE_INTERVAL));
        let writer = writer
            .inspect_err(|error| {
                let path = directory.display();
                tracing::warn!(
                    target: "gusset",
                    "{path}: {error}; what the service does last is kept in memory only"
                );
            })
            .ok();
        let builder = Incidents::builder(&service, recorder.clone())
            .redaction(inner.telemetry.redaction().clone())
            .destination(reports)
            .flush(flush(Arc::downgrade(inner)));
        let builder = states::sections(detectors(builder), inner);
        let builder = states::changes(builder, inner, &recorder);
        let incidents = match configure(builder).start() {
            Ok(incidents) => Arc::new(incidents),
            Err(error) => {
                tracing::warn!(target: "gusset", "no incident reports: {error}");
                return;
            }
        };
        let mut now = Arc::new(Snapshot::default());
        if let Some(system) = &inner.system {
            now = system.latest().now;
            let record = recorder.clone();
            system.subscribe(move |previous, now| record.record_snapshot(previous, now));
        }
        if inner.telemetry.metrics.is_registry() {
            inner.telemetry.metrics.registry().add_producer(&incidents);
        }
        let mut previous_end = None;
        for run in previous_runs(&directory, &service) {
            let (cause, _) = incidents.report_previous_run(&run, &now);
            run.export_interrupted_calls(Some(&**inner.telemetry.span_sink()));
            previous_end = Some(cause);
        }
        if is_global {
            incidents.install_panic_hook();
            if let Err(error) = incidents.capture_on_sigquit() {
                tracing::warn!(target: "gusset", "no incident report at SIGQUIT: {error}");
            }
        }
        // It is set once, here.
        let _ = inner.incidents.set(Running {
            incidents,
            writer,
            previous_end,
        });
    }
}

/// Adds what detects trouble in every service.
fn detectors(builder: IncidentsBuilder) -> IncidentsBuilder {
    builder
        .on(Trigger::Errors, ErrorShare::over(0.2))
        .on(Trigger::MemoryPressure, MemoryPressure::new())
        .on(Trigger::OutOfMemory, OutOfMemory::new())
}

/// Returns what flushes telemetry, which it does not keep alive.
fn flush(inner: Weak<Inner>) -> impl Fn(Duration) + Send + Sync + 'static {
    move |left| {
        if let Some(inner) = inner.upgrade() {
            inner.telemetry.flush(left);
        }
    }
}
