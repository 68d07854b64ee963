//! What the page is made from.

use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use gusset_core::Clock;
use gusset_data::{Redaction, SharedStr, ShowState, StateTree};
use gusset_history::{History, Selector};
use gusset_http::BearerToken;
#[cfg(feature = "incident")]
use gusset_incident::FlightRecorder;

use crate::chart::Chart;
use crate::live::Live;
#[cfg(feature = "incident")]
use crate::reports::Reports;
use crate::settings::Setting;
use crate::tasks::Task;

/// What all clones of a page share.
pub(crate) struct Shared {
    pub(crate) service: SharedStr,
    pub(crate) version: Option<SharedStr>,
    pub(crate) started: SystemTime,
    pub(crate) clock: Clock,
    pub(crate) history: Option<History>,
    #[cfg(feature = "incident")]
    pub(crate) recorder: Option<FlightRecorder>,
    #[cfg(feature = "incident")]
    pub(crate) incidents: Option<Reports>,
    pub(crate) charts: Vec<(SharedStr, Selector)>,
    pub(crate) facts: Vec<(SharedStr, Box<dyn ShowState>)>,
    pub(crate) parts: Vec<(SharedStr, Box<dyn ShowState>)>,
    pub(crate) links: Vec<(SharedStr, SharedStr)>,
    pub(crate) tasks: Vec<Arc<Task>>,
    pub(crate) settings: Vec<Arc<Setting>>,
    pub(crate) live: Live,
    pub(crate) token: Option<Arc<BearerToken>>,
    pub(crate) redaction: Redaction,
    /// The document and when it was made: viewers share one for a second.
    pub(crate) rendered: Mutex<Option<(Instant, Bytes)>>,
}

// === impl Shared ===

impl Shared {
    /// Returns whether there is a section of incident reports.
    pub(crate) fn has_incidents(&self) -> bool {
        #[cfg(feature = "incident")]
        return self.incidents.is_some();
        #[cfg(not(feature = "incident"))]
        false
    }
}

/// A part of the page.
pub(crate) struct Section {
    /// The name in paths and in the document.
    pub(crate) id: SharedStr,
    pub(crate) title: SharedStr,
    pub(crate) state: StateTree,
    pub(crate) charts: Vec<Chart>,
}
