//! Incident reports on the operations page.

use std::sync::Arc;

use gusset_data::{ShowState as _, StateTree};
use gusset_incident::Trigger;
use gusset_ops::OperationsBuilder;

use super::{Recorded, Running};

/// The task that makes a report.
const CAPTURE: &str = "capture-incident";

// === impl Recorded ===

impl Recorded {
    /// Shows what was recorded, and the reports.
    pub(in crate::service) fn add_to(&self, page: OperationsBuilder) -> OperationsBuilder {
        let running = Arc::clone(&self.running);
        // What makes reports starts last, because it shows everything else.
        let state = move || running.get().map_or(StateTree::Unknown, state);
        let page = page.recorder(self.recorder.clone());
        page.incidents(self.directory.clone(), state)
    }

    /// Adds the task that makes a report now.
    pub(in crate::service) fn add_capture(&self, page: OperationsBuilder) -> OperationsBuilder {
        let running = Arc::clone(&self.running);
        page.task(CAPTURE, move || {
            let detail = "requested on the operations page";
            let running = running.get();
            let is_taken = running
                .is_some_and(|running| running.incidents.request_capture(Trigger::Manual, detail));
            let problem = "reports are not made, or too many were requested";
            std::future::ready(is_taken.then_some(()).ok_or(problem))
        })
    }
}

fn state(running: &Running) -> StateTree {
    let end = running.previous_end().map(ToString::to_string);
    let end = end.unwrap_or_else(|| "cleanly, or there was none".to_owned());
    let mut fields = vec![("the run before ended by".into(), end.into())];
    if let StateTree::Fields(counts) = running.incidents.show_state() {
        fields.extend(counts);
    }
    StateTree::Fields(fields)
}
