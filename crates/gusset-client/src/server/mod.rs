//! The phases of a call on the server: what a handler does, by names of the service.

mod current;
mod layer;

use std::sync::Arc;

use gusset_core::{Clock, ConfigError, PanicCounter};
use gusset_data::SharedRecorder;
use metrics::{Histogram, Label};

pub(crate) use self::current::RequestPhases;
pub use self::current::{PhaseGuard, phase};
pub use self::layer::{ServerPhaseFuture, ServerPhaseLayer, ServerPhaseService};
use crate::names;
use crate::time::Ticks;

/// The registered phases of a server: `db`, `render`. A clone is the same.
///
/// [`phase`] measures one in a handler. The sums of a request are fields of its log entry and span, one record each in the
/// histogram `gusset.http.server.phase.duration`, and metrics in the header `Server-Timing`, which browsers show.
///
/// ```
/// use gusset_client::{ServerPhases, phase};
///
/// # fn main() -> Result<(), gusset_client::ConfigError> {
/// let layer = ServerPhases::builder(["db", "render"]).build()?.layer();
///
/// async fn handler() {
///     let db = phase("db");
///     // … a query …
///     drop(db);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ServerPhases {
    shared: Arc<Registered>,
}

/// Configures [`ServerPhases`]. Created by [`ServerPhases::builder`].
#[must_use = "does nothing until `build` is called"]
pub struct ServerPhasesBuilder {
    names: Vec<&'static str>,
    recorder: Option<SharedRecorder>,
    has_header: bool,
    clock: Clock,
}

/// What the requests of a server share.
pub(crate) struct Registered {
    pub(crate) ticks: Ticks,
    pub(crate) phases: Vec<RegisteredPhase>,
    pub(crate) has_header: bool,
    panics: PanicCounter,
}

pub(crate) struct RegisteredPhase {
    pub(crate) name: &'static str,
    /// `gusset.http.server.phase.db`
    pub(crate) field: &'static str,
    histogram: Option<Histogram>,
}

const MAX_PHASES: usize = 8;
const MAX_NAME_BYTES: usize = 32;

// === impl ServerPhases ===

impl ServerPhases {
    /// Returns a builder for these phases.
    pub fn builder<I: IntoIterator<Item = &'static str>>(names: I) -> ServerPhasesBuilder {
        ServerPhasesBuilder {
            names: names.into_iter().collect(),
            recorder: None,
            has_header: true,
            clock: Clock::system(),
        }
    }

    /// Returns the layer of the server, inside of its observers.
    pub fn layer(&self) -> ServerPhaseLayer {
        ServerPhaseLayer::new(Arc::clone(&self.shared))
    }
}

// === impl ServerPhasesBuilder ===

impl ServerPhasesBuilder {
    /// Sets the recorder of metrics. Without one, none are recorded.
    pub fn recorder(mut self, recorder: SharedRecorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Leaves out the header `Server-Timing`, by which clients learn the times.
    pub fn without_header(mut self) -> Self {
        self.has_header = false;
        self
    }

    /// Sets the clock. Defaults to the monotonic clock of the system.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the phases.
    ///
    /// # Errors
    ///
    /// If there are more than 8 names, or one is not of 1 to 32 letters, digits, `_` and `-`, or occurs twice.
    pub fn build(self) -> Result<ServerPhases, ConfigError> {
        let error = |problem| Err(ConfigError::new("phases", problem));
        if self.names.len() > MAX_PHASES {
            return error("more than 8");
        }
        let panics = PanicCounter::new();
        let mut phases: Vec<RegisteredPhase> = Vec::new();
        for name in self.names {
            let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            let has_length = (1..=MAX_NAME_BYTES).contains(&name.len());
            if !has_length || !name.bytes().all(is_valid) {
                return error("a name is not of 1 to 32 letters, digits, `_` and `-`");
            }
            if phases.iter().any(|phase| phase.name == name) {
                return error("a name occurs twice");
            }
            let register = || register(self.recorder.as_ref()?, name);
            phases.push(RegisteredPhase {
                name,
                // The names of fields are `'static`. There are few, and they live as long as the service.
                field: format!("{}.{name}", names::SERVER_PHASE).leak(),
                histogram: panics.catch(register, report).flatten(),
            });
        }
        let shared = Registered {
            ticks: Ticks::new(self.clock),
            phases,
            has_header: self.has_header,
            panics,
        };
        Ok(ServerPhases {
            shared: Arc::new(shared),
        })
    }
}

fn register(recorder: &SharedRecorder, name: &'static str) -> Option<Histogram> {
    names::SERVER_PHASE_DURATION.describe(&**recorder);
    let label = Label::from_static_parts(names::SERVER_PHASE, name);
    Some(names::SERVER_PHASE_DURATION.histogram(recorder, vec![label]))
}

#[cold]
fn report() {
    tracing::error!(
        target: crate::TARGET,
        "the recorder of metrics panicked, metrics are incomplete"
    );
}

impl std::fmt::Debug for ServerPhasesBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerPhasesBuilder")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

// === impl Registered ===

impl Registered {
    pub(crate) fn record(&self, phase: &RegisteredPhase, seconds: f64) {
        if let Some(histogram) = &phase.histogram {
            self.panics.catch(|| histogram.record(seconds), report);
        }
    }
}

impl std::fmt::Debug for Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.phases.iter().map(|phase| phase.name);
        f.debug_list().entries(names).finish()
    }
}
