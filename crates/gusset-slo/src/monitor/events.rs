//! Log events of changes.

use super::status::{Change, Watched};
use crate::{ProposedRange, State};

/// The target of all log events of this crate.
pub(super) const TARGET: &str = "gusset::slo";

/// Logs a change: a violation as a warning, its end as information, anything else for debugging.
pub(super) fn changed(change: &Change) {
    let status = change.status();
    let (from, to) = (change.from(), status.state());
    let (objective, range) = match status.kind() {
        Watched::Objective => (Some(status.name()), None),
        Watched::Range => (None, Some(status.name())),
    };
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                {
                    gusset.slo.objective = objective,
                    gusset.slo.range = range,
                    gusset.slo.state = to.as_str(),
                    gusset.slo.value = status.value(),
                },
                "{status}"
            )
        };
    }
    match (from, to) {
        (_, State::Violated) => event!(warn),
        (State::Violated, _) => event!(info),
        _ => event!(debug),
    }
}

/// Logs a proposal, as text to commit.
pub(super) fn proposed(proposal: &ProposedRange) {
    tracing::info!(
        target: TARGET,
        { gusset.slo.range = &*proposal.range },
        "proposed for the range {}, from {} values: {proposal}",
        proposal.range,
        proposal.values
    );
}
