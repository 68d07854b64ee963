//! The state of a part with its last changes.

use gusset_data::{ShowState, StateTree};
use gusset_incident::FlightRecorder;

use crate::service::incidents::Recorded;

/// The changes that are shown.
const MAX_CHANGES: usize = 20;

/// Adds the last changes of things with one of these prefixes to the state of a part, the newest first.
pub(super) fn with_changes<P: ShowState>(
    part: P,
    recorded: Option<&Recorded>,
    prefixes: &'static [&str],
) -> impl ShowState + use<P> {
    let recorder = recorded.map(|recorded| recorded.recorder.clone());
    move || {
        let state = part.show_state();
        match (state, &recorder) {
            (StateTree::Fields(mut fields), Some(recorder)) => {
                fields.push(("changes".into(), changes(recorder, prefixes)));
                StateTree::Fields(fields)
            }
            (state, _) => state,
        }
    }
}

fn changes(recorder: &FlightRecorder, prefixes: &[&str]) -> StateTree {
    let changes = recorder.changes().into_iter().rev();
    let changes = changes.filter(|change| {
        let mut prefixes = prefixes.iter();
        prefixes.any(|prefix| change.what.starts_with(prefix))
    });
    StateTree::list(changes.take(MAX_CHANGES).map(|change| {
        let time = humantime::format_rfc3339_seconds(change.time).to_string();
        StateTree::fields([
            ("time", time.into()),
            ("what", change.what.into()),
            ("state", change.state.into()),
        ])
    }))
}
