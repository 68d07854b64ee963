//! The log entry of a sign-in.

use super::FailureReason;
use super::window::{Hashes, hash_text};

const TARGET: &str = "gusset::sign_in";
/// ECS: allowed values of `event.category` and of `event.type`, and an action in the service's own words.
const CATEGORY: &str = "authentication";
const TYPE: &str = "start";
const ACTION: &str = "sign-in";

pub(super) fn success(hashes: Hashes) {
    tracing::info!(
        target: TARGET,
        {
            event.category = CATEGORY,
            "event.type" = TYPE,
            event.action = ACTION,
            event.outcome = super::SUCCESS,
            user.hash = hash_text(hashes.account),
            gusset.client.hash = hashes.client.map(hash_text),
        },
        "sign-in succeeded"
    );
}

#[cold]
pub(super) fn success_after_failures(hashes: Hashes, failures: u64) {
    tracing::warn!(
        target: TARGET,
        {
            event.category = CATEGORY,
            "event.type" = TYPE,
            event.action = ACTION,
            event.outcome = super::SUCCESS,
            user.hash = hash_text(hashes.account),
            gusset.client.hash = hashes.client.map(hash_text),
        },
        "sign-in succeeded after {failures} failures of this account within an hour: its password may have been guessed"
    );
}

pub(super) fn failure(hashes: Hashes, reason: FailureReason) {
    tracing::info!(
        target: TARGET,
        {
            event.category = CATEGORY,
            "event.type" = TYPE,
            event.action = ACTION,
            event.outcome = super::FAILURE,
            event.reason = reason.as_str(),
            user.hash = hash_text(hashes.account),
            gusset.client.hash = hashes.client.map(hash_text),
        },
        "sign-in failed"
    );
}
