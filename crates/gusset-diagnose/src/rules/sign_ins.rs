//! Sign-ins that fail.

use super::{Inputs, RuleResult, number, ratio};
use crate::EvidenceUnit::{Count, Share};
use crate::{Area, Evidence, FindingKind, Levels, Scope, SignInCounts, Stage};

pub(crate) static BRUTE_FORCE: FindingKind = FindingKind {
    id: "sign_in.brute_force",
    area: Area::SignIns,
    stage: Stage::Errors,
    conclusion: "Passwords are being guessed: sign-ins fail more often than people mistype.",
    advice: "The log entries with `event.action=sign-in` have the accounts and clients by their hashes. Limit attempts by account \
             and by client, ask for a second factor, and look for a success after the failures.",
};

const MAX_FAILURES: &str = "gusset.sign_in.max_failures";
const ATTEMPTS: &str = "gusset.sign_in.attempts";

/// With fewer failures, the share of sign-ins that fail is that of a few people.
const MIN_FAILURES: u64 = 100;

/// Looks for an account or a client with many failures, and for many failures of all of them: attackers with many
/// addresses try each account once.
pub(super) fn brute_force(inputs: &Inputs<'_>) -> RuleResult {
    let thresholds = inputs.thresholds;
    let Some(counts) = &inputs.signals.sign_ins else {
        return RuleResult::Unknown;
    };
    let of_account = at_levels(
        counts.max_account_failures,
        thresholds.account_failures,
        "failed sign-ins of one account, in up to an hour",
    );
    let of_client = at_levels(
        counts.max_client_failures,
        thresholds.client_failures,
        "failed sign-ins of one client, in up to an hour",
    );
    let share = failure_share(counts).filter(|_| counts.failures >= MIN_FAILURES);
    let levels = thresholds.sign_in_failures;
    let of_all = RuleResult::at_levels(
        Some(share.unwrap_or(0.0)),
        levels,
        Scope::Process,
        |value| {
            let about = "sign-ins that failed, in ten minutes";
            Evidence::new(ATTEMPTS, about, value, levels.warning, Share)
        },
    );
    let shown = failure_share(counts).map(|share| {
        let about = "sign-ins that failed, of all";
        Evidence::shown(ATTEMPTS, about, share, Share)
    });
    RuleResult::worst([of_account, of_client, of_all]).and_if_known(shown)
}

fn at_levels(failures: u64, levels: Levels, about: &'static str) -> RuleResult {
    RuleResult::at_levels(Some(number(failures)), levels, Scope::Process, |value| {
        Evidence::new(MAX_FAILURES, about, value, levels.warning, Count)
    })
}

fn failure_share(counts: &SignInCounts) -> Option<f64> {
    ratio(number(counts.failures), number(counts.attempts))
}
