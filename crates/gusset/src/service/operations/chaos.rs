//! Faults on purpose on the operations page: whether they are armed, and what they have done.

use gusset_chaos::Chaos;
use gusset_data::{ShowState, StateTree};

/// Returns what shows the state of the injection of faults.
pub(super) fn state(chaos: Chaos) -> impl ShowState {
    move || {
        let status = chaos.status();
        let rules = status.rules.into_iter().map(|counts| {
            StateTree::fields([
                ("rule", counts.rule.into()),
                ("candidates", counts.candidates.into()),
                ("matched", counts.matched.into()),
                ("injected", counts.injected.into()),
                ("skipped", counts.skipped.into()),
            ])
        });
        let remaining = status.remaining.map(|left| left.as_secs());
        let stopped = status.stopped.map(|reason| reason.to_string());
        StateTree::fields([
            ("armed", status.armed.into()),
            ("dry run", status.dry_run.into()),
            ("switched off for good", status.killed.into()),
            ("disarmed in s", remaining.into()),
            ("calls with a fault", u64::from(status.active).into()),
            ("ended by", stopped.into()),
            ("rules", StateTree::list(rules)),
        ])
    }
}
