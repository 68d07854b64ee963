//! Changes of state.

use gusset_data::SharedStr;

use super::{Detect, Moment};

/// Detects that something has changed to a state, as [`FlightRecorder::record_change`](crate::FlightRecorder::record_change)
/// recorded it.
#[derive(Clone, Debug)]
pub struct StateChanged {
    kind: SharedStr,
    state: SharedStr,
}

// === impl StateChanged ===

impl StateChanged {
    /// Detects a change to this state of everything that begins with `kind`.
    ///
    /// ```
    /// use gusset_incident::StateChanged;
    ///
    /// let opened = StateChanged::to("breaker ", "open");
    /// ```
    pub fn to(kind: impl Into<SharedStr>, state: impl Into<SharedStr>) -> Self {
        Self {
            kind: kind.into(),
            state: state.into(),
        }
    }
}

impl Detect for StateChanged {
    fn detect(&mut self, moment: &Moment<'_>) -> Option<String> {
        let mut changes = moment.changes.iter();
        let change = changes
            .find(|change| change.what.starts_with(&*self.kind) && change.state == *self.state)?;
        Some(format!("{}: {}", change.what, change.state))
    }
}
