//! Log entries that were written, and those that were dropped.

use std::time::Duration;

use gusset_data::{ShowState, StateTree};
use gusset_history::{History, Selector, Window};
use gusset_log::names::{DROPPED, ENTRIES, GUSSET_LOG_REASON};

/// The time of which entries are counted.
const WINDOW: Duration = Duration::from_secs(3600);

/// Returns what shows the entries of the last hour: those that were written, and those that were dropped, by reason.
pub(super) fn state(history: History) -> impl ShowState {
    move || {
        let Some(now) = history.last_reading() else {
            return StateTree::Unknown;
        };
        let select = |metric| history.select(&Selector::new(metric), Window::new(now, WINDOW));
        let written = select(ENTRIES.name).and_then(|entries| entries.increase());
        let dropped = select(DROPPED.name).map(|dropped| dropped.group_by(GUSSET_LOG_REASON));
        let dropped = dropped.into_iter().flatten();
        StateTree::fields([
            ("written in the last hour", written.map(f64::round).into()),
            (
                "dropped in the last hour",
                StateTree::fields(
                    dropped.map(|(reason, entries)| {
                        (reason, entries.increase().map(f64::round).into())
                    }),
                ),
            ),
        ])
    }
}
