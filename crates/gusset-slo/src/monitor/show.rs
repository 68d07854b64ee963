//! What the monitor shows of its state.

use gusset_data::{ShowState, StateTree};

use super::{Monitor, Status, Watched};

impl ShowState for Monitor {
    /// Returns the state of each objective and range: those that are violated have their value and what is normal.
    fn show_state(&self) -> StateTree {
        StateTree::list(self.status().iter().map(of_status))
    }
}

fn of_status(status: &Status) -> StateTree {
    let kind = match status.kind() {
        Watched::Objective => "objective",
        Watched::Range => "range",
    };
    StateTree::fields([
        (kind, status.name().to_owned().into()),
        ("state", status.state().as_str().into()),
        ("value", status.value().into()),
        ("normal", status.normal().clone().into()),
        ("severity", status.severity().as_str().into()),
    ])
}
